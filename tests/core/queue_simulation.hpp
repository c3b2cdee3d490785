#pragma once
// A service in virtual time: sources of requests, one admission queue, servers that take a while.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "spillway/core/admission_queue.hpp"

namespace spillway::test {

/// Requests of one kind.
struct Source {
    double per_second = 0;
    core::Claim claim = {};  // its deadline is the simulation's patience
    bool is_paced = false;   // evenly, give or take half a gap; else Poisson
    std::uint64_t offered = 0;
    std::uint64_t served = 0;
    std::uint64_t units = 0;  // of what was served

    [[nodiscard]] double served_part() const {
        return static_cast<double>(served) / static_cast<double>(offered);
    }
};

struct SimulationOptions {
    std::uint32_t limit = 4;
    core::QueueOptions queue = {};
    core::Duration service = std::chrono::milliseconds(20);  // mean; each half to one and a half
    core::Duration patience = std::chrono::milliseconds(400);
    core::Duration length = std::chrono::minutes(2);
};

/// The parts of one whole, 1 when all are alike: (sum x)^2 / (n sum x^2).
inline double jain(const std::vector<double>& x) {
    double sum = 0;
    double squares = 0;
    for (const double v : x) sum += v, squares += v * v;
    return sum * sum / (static_cast<double>(x.size()) * squares);
}

class Simulation {
public:
    Simulation(const SimulationOptions& options, std::vector<Source> with, std::uint64_t seed)
        : sources(std::move(with)),
          options_(options),
          queue_({.limit = options.limit}, options.queue),
          dice_(seed),
          waiting_(options.queue.capacity) {
        for (std::size_t i = 0; i < sources.size(); ++i) events_.push({core::TimePoint{}, i, 0});
    }

    void run() {
        while (true) {
            const core::TimePoint due = queue_.next_deadline();
            const core::TimePoint now = std::min(events_.top().at, due);
            if (now >= core::TimePoint(options_.length)) return;
            busy_ += static_cast<double>((now - last_).count()) * queue_.occupancy().units;
            last_ = now;
            if (events_.top().at == now) {
                const Event event = events_.top();
                events_.pop();
                event.cost > 0 ? queue_.release(event.cost) : arrive(now, event.source);
            }
            while (const auto departure = queue_.next(now)) {
                if (departure->is_granted()) serve(now, waiting_[departure->ticket.index]);
            }
            const core::Occupancy o = queue_.occupancy();
            is_sound = is_sound && (o.units <= o.limit || o.in_flight == 1) &&
                       o.waiting <= options_.queue.capacity;
        }
    }

    /// The part of the limit that was in use.
    [[nodiscard]] double use() const {
        return busy_ / (static_cast<double>(last_.time_since_epoch().count()) * options_.limit);
    }
    [[nodiscard]] std::uint64_t served_units() const {
        std::uint64_t sum = 0;
        for (const Source& s : sources) sum += s.units;
        return sum;
    }

    std::vector<Source> sources;
    bool is_sound = true;  // within limit and capacity after every event
    std::function<void(std::size_t source)> on_serve = [](std::size_t) {};

private:
    struct Event {
        core::TimePoint at;
        std::size_t source;
        std::uint32_t cost;  // of a service that ends; 0: an arrival
        friend bool operator>(const Event& a, const Event& b) { return a.at > b.at; }
    };

    double uniform() { return std::uniform_real_distribution<double>(0, 1)(dice_); }
    static core::Duration seconds(double s) {
        return core::Duration(static_cast<core::Duration::rep>(s * 1e9));
    }

    void arrive(core::TimePoint now, std::size_t from) {
        Source& source = sources[from];
        const double gap = source.is_paced ? 0.5 + uniform() : -std::log(1 - uniform());
        events_.push({now + seconds(gap / source.per_second), from, 0});
        ++source.offered;
        core::Claim claim = source.claim;
        claim.deadline = now + options_.patience;
        if (queue_.refusal(claim)) return;
        const auto arrival = queue_.arrive(now, claim);
        if (arrival.is_granted()) serve(now, from);
        if (arrival.is_queued()) waiting_[arrival.ticket().index] = from;
    }

    void serve(core::TimePoint now, std::size_t whose) {
        Source& source = sources[whose];
        ++source.served;
        source.units += source.claim.cost;
        const auto mean = static_cast<double>(options_.service.count()) * 1e-9;
        events_.push({now + seconds(mean * (0.5 + uniform())), whose, source.claim.cost});
        on_serve(whose);
    }

    SimulationOptions options_;
    core::AdmissionQueue queue_;
    std::mt19937_64 dice_;
    std::vector<std::size_t> waiting_;  // whose, by ticket index
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    core::TimePoint last_{};
    double busy_ = 0;
};

}  // namespace spillway::test
