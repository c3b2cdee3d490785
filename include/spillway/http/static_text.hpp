#pragma once
// Text that lives as long as the program, so that it can be passed on without a copy.

#include <string_view>

namespace spillway::http {

/// Made from constants only: a text that might die fails to compile. A regular value.
class StaticText {
public:
    template <class Text>
    consteval StaticText(const Text& constant) : text_(constant) {}

    /// For one that is looked up at run time in a table of constants; the caller's word for it.
    [[nodiscard]] static constexpr StaticText promised(std::string_view text) noexcept {
        StaticText made("");
        made.text_ = text;
        return made;
    }

    [[nodiscard]] constexpr operator std::string_view() const noexcept { return text_; }

private:
    std::string_view text_;
};

}  // namespace spillway::http
