#pragma once
// A text of which a parser gets to see more and more. Under AddressSanitizer a look at what has not
// come yet is an error.

#include <algorithm>
#include <memory>
#include <string_view>

#if defined(__SANITIZE_ADDRESS__)
#define SPILLWAY_FUZZ_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPILLWAY_FUZZ_ASAN
#endif
#endif
#ifdef SPILLWAY_FUZZ_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace spillway::fuzz {

class Revealed {
public:
    explicit Revealed(std::string_view text)
        : text_(std::make_unique_for_overwrite<char[]>(text.size())), size_(text.size()) {
        std::copy(text.begin(), text.end(), text_.get());
        reveal(0);
    }
    Revealed(const Revealed&) = delete;
    Revealed& operator=(const Revealed&) = delete;
    ~Revealed() { reveal(size_); }

    [[nodiscard]] char* data() { return text_.get(); }
    void reveal([[maybe_unused]] std::size_t bytes) {
#ifdef SPILLWAY_FUZZ_ASAN
        ASAN_UNPOISON_MEMORY_REGION(text_.get(), bytes);
        ASAN_POISON_MEMORY_REGION(text_.get() + bytes, size_ - bytes);
#endif
    }

private:
    std::unique_ptr<char[]> text_;
    std::size_t size_;
};

}  // namespace spillway::fuzz
