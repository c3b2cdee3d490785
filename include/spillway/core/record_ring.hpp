#pragma once
// The latest records of one writer, for readers who may neither hold it up nor be told half of one.
//
// Each slot is a sequence lock: its version is odd while it is written and even otherwise, and a
// reader who finds another one behind the words than before them has read two records' halves and
// throws them away. The words are atomics, stored with release and loaded with acquire, instead of
// plain memory between fences: on x86 that is the same plain moves, it is no data race by the
// letter, and tools that know atomics but no fences can check it. Why it suffices: a reader that
// has loaded a word of a later writing sees, by that very word, the odd version stored before it.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spillway/core/assert.hpp"
#include "spillway/core/cell.hpp"

namespace spillway::core {

/// Keeps the last `capacity` records: `word_count` words each, and a text of at most `text_max`
/// bytes that it is found by. One thread writes, in O(1) and without waiting; any thread reads. All
/// memory is allocated, and touched, by the constructor. `Atomic` is another one in tests only.
template <std::size_t word_count, std::size_t text_max, template <class> class Atomic = std::atomic>
class RecordRing {
    static_assert(text_max % 8 == 0 && text_max < 256);

public:
    using Record = std::array<std::uint64_t, word_count>;

    /// Room for at least `records`, rounded up to a power of two; with 0 nothing may be added.
    explicit RecordRing(std::size_t records)
        : slots_(records == 0 ? 0 : std::bit_ceil(records)), mask_(slots_.size() - 1) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
    static constexpr std::size_t bytes_per_record() noexcept { return sizeof(Slot); }

    // --- the writer ----------------------------------------------------------------------------

    /// Adds a record in place of the oldest one, and returns its number, from 1 on. Not where the
    /// capacity is 0.
    [[gnu::always_inline]] std::uint64_t add(const Record& record, std::string_view text) noexcept {
        return replace(0, record, text);
    }

    /// What is known by now of the record of that number. If it is kept no more, or is 0, a new one
    /// is added. Returns its number.
    [[gnu::always_inline]] std::uint64_t replace(std::uint64_t number, const Record& record,
                                                 std::string_view text) noexcept {
        const std::uint64_t last = added_.load(std::memory_order_relaxed);
        if (number == 0 || last - number > mask_) {
            number = last + 1;
            added_.store(number, std::memory_order_relaxed);
        }
        write(slots_[number & mask_], record, text);
        return number;
    }

    // --- readers -------------------------------------------------------------------------------

    /// Records added so far; the last `capacity` of them are kept.
    [[nodiscard]] std::uint64_t added() const noexcept {
        return added_.load(std::memory_order_relaxed);
    }

    struct Kept {
        Record record{};
        std::string text;
    };

    /// Calls `f(const Kept&)` for each record that goes by this text. A record that is being
    /// written at this instant is passed over. O(capacity).
    template <class F>
    void find(std::string_view text, F f) const {
        Kept kept;
        const std::uint64_t head = word_at(text, 0);
        for (const Slot& slot : slots_) {
            // Most slots end here, with one cache line looked at.
            const std::uint64_t stamp = slot.stamp.load(std::memory_order_relaxed);
            if ((stamp & size_mask) != text.size()) continue;
            if (slot.text[0].load(std::memory_order_relaxed) != head) continue;
            if (read(slot, kept) && kept.text == text) f(static_cast<const Kept&>(kept));
        }
    }

    /// Calls `f(const Kept&)` for at most `most` records, the latest added first.
    template <class F>
    void latest(std::size_t most, F f) const {
        Kept kept;
        const std::uint64_t last = added();
        for (std::uint64_t n = 0; n < std::min<std::uint64_t>({most, last, capacity()}); ++n) {
            if (read(slots_[(last - n) & mask_], kept)) f(static_cast<const Kept&>(kept));
        }
    }

    /// Calls `f(const Kept&)` for the oldest one kept, if there is one and it is not being written.
    template <class F>
    void oldest(F f) const {
        const std::uint64_t last = added();
        if (last == 0 || slots_.empty()) return;
        Kept kept;
        const std::uint64_t first = last > capacity() ? last - capacity() + 1 : 1;
        if (read(slots_[first & mask_], kept)) f(static_cast<const Kept&>(kept));
    }

private:
    using Word = Atomic<std::uint64_t>;

    // The beginning of the text shares a line with the stamp: what a search looks at.
    struct alignas(cache_line_bytes) Slot {
        Word stamp{0};  // version, and the size of the text in its lowest byte
        std::array<Word, text_max / 8> text{};
        std::array<Word, word_count> record{};
    };

    static constexpr std::uint64_t size_mask = 0xff;
    static constexpr std::size_t usual_text = 16;  // an id of our own
    static constexpr std::uint64_t version_step = size_mask + 1;

    /// Eight bytes of the text from that offset on, or what is left of it and zeros.
    static std::uint64_t word_at(std::string_view text, std::size_t offset) noexcept {
        if (offset + sizeof(std::uint64_t) <= text.size()) return whole_word(text.data() + offset);
        std::uint64_t word = 0;
        for (std::size_t i = offset; i < text.size(); ++i) {
            reinterpret_cast<char*>(&word)[i - offset] = text[i];
        }
        return word;
    }
    static std::uint64_t whole_word(const char* from) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, from, sizeof(word));
        return word;
    }

    static void store(Slot& slot, std::string_view text) noexcept {
        Word* to = slot.text.data();
        const char* from = text.data();
        std::size_t left = text.size();
        for (; left >= 8; left -= 8, from += 8) {
            to++->store(whole_word(from), std::memory_order_release);
        }
        if (left > 0) to->store(word_at({from, left}, 0), std::memory_order_release);
    }

    // Unrolled: then a record that is made in place is never in memory but in its slot.
    template <std::size_t... i>
    [[gnu::always_inline]] static void store(Slot& slot, const Record& record,
                                             std::index_sequence<i...>) noexcept {
        (slot.record[i].store(record[i], std::memory_order_release), ...);
    }

    [[gnu::always_inline]] static void write(Slot& slot, const Record& record,
                                             std::string_view text) noexcept {
        SPILLWAY_ASSERT(text.size() <= text_max);
        const std::uint64_t stamp = slot.stamp.load(std::memory_order_relaxed);
        slot.stamp.store(stamp + version_step, std::memory_order_relaxed);
        if (text.size() == usual_text) {
            slot.text[0].store(whole_word(text.data()), std::memory_order_release);
            slot.text[1].store(whole_word(text.data() + 8), std::memory_order_release);
        } else {
            store(slot, text);
        }
        store(slot, record, std::make_index_sequence<word_count>());
        const std::uint64_t written = (stamp & ~size_mask) + 2 * version_step;
        slot.stamp.store(written | text.size(), std::memory_order_release);
    }

    static bool read(const Slot& slot, Kept& kept) {
        const std::uint64_t stamp = slot.stamp.load(std::memory_order_acquire);
        if (stamp == 0 || (stamp & version_step) != 0) return false;
        const std::size_t size = stamp & size_mask;
        kept.text.resize(size);
        for (std::size_t i = 0; i * 8 < size; ++i) {
            const std::uint64_t word = slot.text[i].load(std::memory_order_acquire);
            std::memcpy(kept.text.data() + i * 8, &word, std::min<std::size_t>(8, size - i * 8));
        }
        for (std::size_t i = 0; i < word_count; ++i) {
            kept.record[i] = slot.record[i].load(std::memory_order_acquire);
        }
        return slot.stamp.load(std::memory_order_relaxed) == stamp;
    }

    std::vector<Slot> slots_;
    std::size_t mask_;
    std::atomic<std::uint64_t> added_{0};  // by the writer; readers only learn where to look
};

}  // namespace spillway::core
