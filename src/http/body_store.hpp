#pragma once
// A request body in memory, every byte of it charged to the budget first.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "spillway/core/byte_budget.hpp"

namespace spillway::http {

/// One growing block. Charges what it allocates, as the bytes arrive: a Content-Length claims
/// nothing. Grows by half, so a copy per byte stays constant (large blocks are remapped by realloc,
/// not copied). Moved along with the job; one thread at a time.
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

    /// False when the budget (or the machine) has no room; then the body is as it was. `expected`
    /// is how large the whole body is said to become: growth stops there.
    [[nodiscard]] bool append(std::span<const char> data, std::uint64_t expected) {
        const std::size_t needed = size_ + data.size();
        if (needed > charged_.size() && !grow(needed, expected)) return false;
        std::memcpy(bytes_.get() + size_, data.data(), data.size());
        size_ = needed;
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

    [[nodiscard]] bool grow(std::size_t needed, std::uint64_t expected) {
        std::size_t wanted = std::max<std::size_t>({needed, charged_.size() / 2 * 3, 16 * 1024});
        if (expected >= needed) wanted = std::min<std::size_t>(wanted, expected);
        const std::size_t before = charged_.size();
        if (!charged_.try_grow(wanted - before)) {
            wanted = needed;  // the comfortable step does not fit, the bare one may
            if (!charged_.try_grow(wanted - before)) return false;
        }
        auto* moved = static_cast<char*>(std::realloc(bytes_.get(), wanted));
        if (moved == nullptr) {
            charged_.shrink(wanted - before);
            return false;
        }
        static_cast<void>(bytes_.release());
        bytes_.reset(moved);
        return true;
    }

    core::ByteBudget::Reservation charged_;  // its size is the capacity
    std::unique_ptr<char[], Free> bytes_;
    std::size_t size_ = 0;
};

}  // namespace spillway::http
