// make_pages DIRECTORY: writes the pages that test_pages.py opens in a browser.

#include <cstdio>
#include <fstream>
#include <string>

#include "generator/report.hpp"
#include "generator/report_compare.hpp"
#include "report/sample_runs.hpp"

int main(int argc, char** argv) {
    using namespace spillway::loadtest;
    if (argc != 2) {
        std::fputs("usage: make_pages DIRECTORY\n", stderr);
        return 2;
    }
    const std::string directory = std::string{argv[1]} + '/';
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream file{directory + name};
        file << text;
        return file.flush().good();
    };
    const bool is_written = write("report.html", report_html(testing::step_run())) &&
                            write("failed.html", report_html(testing::failed_run())) &&
                            write("compare.html", compare_html(testing::stalls_in_an_open_loop(),
                                                               testing::stalls_in_a_closed_loop()));
    return is_written ? 0 : 1;
}
