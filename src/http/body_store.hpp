#pragma once
// A request body in memory, every byte of it charged to the budget first.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "spillway/core/byte_budget.hpp"

namespace spillway::http {

/// One growing block, as large as what has come and charged for exactly that: a Content-Length
/// claims nothing. It grows with every read, by 16 KiB or more at a time; large blocks are remapped
/// by realloc, not copied. Moved along with the job; one thread at a time.
class BodyStore {
public:
    BodyStore() = default;
    explicit BodyStore(core::ByteBudget& budget) noexcept : charged_(budget) {}
    BodyStore(BodyStore&& other) noexcept
        : charged_(std::move(other.charged_)),
          bytes_(std::move(other.bytes_)),
          size_(std::exchange(other.size_, 0)) {}
    BodyStore& operator=(BodyStore&& other) noexcept {
        // The bytes go before their charge does.
        bytes_ = std::move(other.bytes_);
        charged_ = std::move(other.charged_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    ~BodyStore() { bytes_.reset(); }

    /// False when the budget (or the machine) has no room; then the body is as it was.
    [[nodiscard]] bool append(std::span<const char> data) {
        if (!charged_.try_grow(data.size())) return false;
        auto* moved = static_cast<char*>(std::realloc(bytes_.get(), size_ + data.size()));
        if (moved == nullptr) {
            charged_.shrink(data.size());
            return false;
        }
        static_cast<void>(bytes_.release());
        bytes_.reset(moved);
        std::memcpy(moved + size_, data.data(), data.size());
        size_ += data.size();
        return true;
    }

    [[nodiscard]] std::span<const char> bytes() const noexcept { return {bytes_.get(), size_}; }

    void clear() noexcept {
        bytes_.reset();
        size_ = 0;
        charged_.release();
    }

private:
    struct Free {
        void operator()(char* bytes) const noexcept { std::free(bytes); }
    };

    core::ByteBudget::Reservation charged_;
    std::unique_ptr<char[], Free> bytes_;
    std::size_t size_ = 0;
};

}  // namespace spillway::http
