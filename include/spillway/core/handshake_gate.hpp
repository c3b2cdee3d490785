#pragma once
// Which TLS handshakes may be under way at the same time, and whose turn it is.
//
// A handshake costs a signature when the client's hello has come, and memory until the client has
// answered ours. A place is for the memory, and given to who has sent a whole hello, in the order
// in which they came. A client that never answers would hold its place for the whole time-out, so
// when somebody waits, whoever has held one longest gives way, once that is longer than any honest
// round trip takes. Sending waiters away at once instead was rejected: a hello that waits costs a
// descriptor, and its client would only come back with another one.
//
// The signatures are not limited by places: whoever owns the gate admits one a turn of its loop.

#include <cstdint>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*: intrusive, never allocates; every operation is O(1). The owner serialises calls.
class HandshakeGate {
public:
    /// Held places are safe from others for this long.
    static constexpr Duration patience = std::chrono::milliseconds{500};

    /// What stands for a handshake; it must have left before it is destroyed.
    class Node {
    public:
        Node() = default;
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;

        [[nodiscard]] bool is_waiting() const noexcept { return place_ == Place::waiting; }
        [[nodiscard]] bool is_inside() const noexcept { return place_ == Place::inside; }

    private:
        friend class HandshakeGate;
        enum class Place : std::uint8_t { outside, waiting, inside };

        Node* before_ = nullptr;
        Node* behind_ = nullptr;
        TimePoint since_{};  // inside
        Place place_ = Place::outside;
    };

    /// `places` is at least 1. Fewer than are held end nobody: the next are admitted when enough
    /// have left, or given way.
    void set_places(std::uint32_t places) noexcept { places_ = places; }

    /// A hello has come: behind those who wait. Pre: it is outside.
    void arrive(Node& node) noexcept { push(waiting_, node, Node::Place::waiting); }

    [[nodiscard]] bool can_admit() const noexcept {
        return waiting_.size > 0 && inside_.size < places_;
    }
    /// Who has waited longest is inside from now on. Pre: can_admit().
    Node& admit(TimePoint now) noexcept {
        Node& node = *waiting_.first;
        leave(node);
        node.since_ = now;
        push(inside_, node, Node::Place::inside);
        return node;
    }

    /// Who must give way now: the owner ends it, and it leaves. None while nobody waits for it.
    [[nodiscard]] Node* overdue(TimePoint now) noexcept {
        return next_overdue() <= now ? inside_.first : nullptr;
    }
    /// When overdue() will name somebody, unless something happens before.
    [[nodiscard]] TimePoint next_overdue() const noexcept {
        if (waiting_.size == 0 || inside_.size < places_) return never;
        return after(inside_.first->since_, patience);
    }

    /// From wherever it is.
    void leave(Node& node) noexcept {
        if (node.place_ == Node::Place::outside) return;
        List& list = node.is_waiting() ? waiting_ : inside_;
        (node.before_ != nullptr ? node.before_->behind_ : list.first) = node.behind_;
        (node.behind_ != nullptr ? node.behind_->before_ : list.last) = node.before_;
        node.before_ = node.behind_ = nullptr;
        node.place_ = Node::Place::outside;
        --list.size;
    }

    [[nodiscard]] std::uint32_t inside() const noexcept { return inside_.size; }
    [[nodiscard]] std::uint32_t waiting() const noexcept { return waiting_.size; }

private:
    struct List {
        Node* first = nullptr;
        Node* last = nullptr;
        std::uint32_t size = 0;
    };

    static void push(List& list, Node& node, Node::Place place) noexcept {
        node.place_ = place;
        node.before_ = list.last;
        (list.last != nullptr ? list.last->behind_ : list.first) = &node;
        list.last = &node;
        ++list.size;
    }

    List waiting_;
    List inside_;
    std::uint32_t places_ = 1;
};

}  // namespace spillway::core
