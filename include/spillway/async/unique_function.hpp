#pragma once
// A callable of one signature that may own what cannot be copied: a permit, a socket, a handler.
// std::function wants copyable targets, std::move_only_function is C++23.

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "spillway/core/assert.hpp"

namespace spillway::async {

template <class Signature, std::size_t buffer_bytes = 64>
class UniqueFunction;

/// Move-only, type-erased callable. Targets of at most `buffer_bytes` that move without throwing
/// live inside the object; larger ones are allocated once. Calling an empty one is a bug and ends
/// the process. Not thread-safe.
template <class R, class... Args, std::size_t buffer_bytes>
class UniqueFunction<R(Args...), buffer_bytes> {
public:
    UniqueFunction() noexcept = default;

    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
                 std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
    UniqueFunction(F&& f) {  // NOLINT(google-explicit-constructor): a lambda is meant to convert
        using Target = std::decay_t<F>;
        if constexpr (fits<Target>) {
            ::new (static_cast<void*>(buffer_)) Target(std::forward<F>(f));
            ops_ = &inline_ops<Target>;
        } else {
            ::new (static_cast<void*>(buffer_)) Target*(new Target(std::forward<F>(f)));
            ops_ = &heap_ops<Target>;
        }
    }

    UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
    UniqueFunction& operator=(UniqueFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~UniqueFunction() { reset(); }

    R operator()(Args... args) {
        SPILLWAY_ASSERT(ops_ != nullptr);
        return ops_->call(buffer_, std::forward<Args>(args)...);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return ops_ != nullptr; }

    /// Destroys the target and whatever it owns.
    void reset() noexcept {
        // Emptied first: the target's destructor may come back to this object.
        if (const Ops* ops = std::exchange(ops_, nullptr)) ops->destroy(buffer_);
    }

private:
    struct Ops {
        R (*call)(void*, Args&&...);
        void (*relocate)(void* from, void* to) noexcept;
        void (*destroy)(void*) noexcept;
    };

    static_assert(buffer_bytes >= sizeof(void*));

    template <class F>
    static constexpr bool fits =
        sizeof(F) <= buffer_bytes && alignof(F) <= alignof(std::max_align_t) &&
        std::is_nothrow_move_constructible_v<F>;

    template <class F>
    static constexpr Ops inline_ops{[](void* p, Args&&... args) -> R {
                                        return (*static_cast<F*>(p))(std::forward<Args>(args)...);
                                    },
                                    [](void* from, void* to) noexcept {
                                        ::new (to) F(std::move(*static_cast<F*>(from)));
                                        static_cast<F*>(from)->~F();
                                    },
                                    [](void* p) noexcept { static_cast<F*>(p)->~F(); }};

    template <class F>
    static constexpr Ops heap_ops{
        [](void* p, Args&&... args) -> R {
            return (**static_cast<F**>(p))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
        [](void* p) noexcept { delete *static_cast<F**>(p); }};

    void take(UniqueFunction& other) noexcept {
        ops_ = std::exchange(other.ops_, nullptr);
        if (ops_ != nullptr) ops_->relocate(other.buffer_, buffer_);
    }

    const Ops* ops_ = nullptr;
    alignas(std::max_align_t) std::byte buffer_[buffer_bytes];
};

}  // namespace spillway::async
