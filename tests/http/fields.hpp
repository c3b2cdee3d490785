#pragma once
// A request of which nothing matters but its header fields.

#include <string_view>
#include <utility>
#include <vector>

#include "spillway/http/request.hpp"

namespace spillway::http::testing {

class Fields final : public RequestHead {
public:
    explicit Fields(std::vector<FieldView> fields) : fields_(std::move(fields)) {}
    [[nodiscard]] Method method() const noexcept override { return Method::get; }
    [[nodiscard]] std::string_view path() const noexcept override { return "/"; }
    [[nodiscard]] std::string_view query() const noexcept override { return {}; }
    [[nodiscard]] std::size_t field_count() const noexcept override { return fields_.size(); }
    [[nodiscard]] FieldView field(std::size_t index) const noexcept override {
        return fields_[index];
    }

private:
    std::vector<FieldView> fields_;
};

}  // namespace spillway::http::testing
