// The line protocol of `spillway replay`: any text gets one answer for each line that deserves one,
// each in one line, and the same ones again.
//
// fuzz: -dict=replay.dict -max_len=4096

#include "replay/session.hpp"

#include <sstream>
#include <string>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using spillway::fuzz::require;
    namespace replay = spillway::replay;
    spillway::fuzz::Input input(data, size);
    const std::string text(input.rest());

    std::istringstream in(text);
    std::ostringstream out;
    const bool is_good = replay::replay(in, out);

    replay::Session session;
    std::string expected;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto answer = session.answer(line);
        if (!answer) continue;
        require(answer->find('\n') == std::string::npos && !answer->empty(), "no line", *answer);
        expected += *answer + "\n";
    }
    require(out.str() == expected, "other answers than line by line", expected);
    require(is_good == !session.saw_bad_header(), "another mind about the headers");
    return 0;
}
