#pragma once
// The pages that bypass admission.

#include <functional>
#include <mutex>
#include <string>

#include "spillway/http/server.hpp"

namespace spillway::app {

/// 200 while the process lives.
class HealthPage final : public http::Page {
public:
    [[nodiscard]] Content render() const override {
        return {200, "text/plain; charset=utf-8", "ok\n"};
    }
};

/// 200 when serving, 503 from the moment a drain begins.
class ReadyPage final : public http::Page {
public:
    explicit ReadyPage(const http::Server& server) noexcept : server_(server) {}
    [[nodiscard]] Content render() const override {
        constexpr std::string_view text = "text/plain; charset=utf-8";
        return server_.is_ready() ? Content{200, text, "ready\n"}
                                  : Content{503, text, "draining\n"};
    }

private:
    const http::Server& server_;
};

/// What SIGHUP does, for who cannot send one: the outcome is in the log and in the metrics.
class ReloadPage final : public http::Page {
public:
    [[nodiscard]] Content render() const override;
};

/// The Prometheus exposition, made at each request.
class MetricsPage final : public http::Page {
public:
    explicit MetricsPage(std::function<std::string()> text) : text_(std::move(text)) {}
    [[nodiscard]] Content render() const override;

private:
    std::function<std::string()> text_;
};

/// What this is and what can be called. Thread-safe.
class IndexPage final : public http::Page {
public:
    struct Entry {
        std::string methods;
        std::string path;
        std::string what;
    };
    explicit IndexPage(const std::vector<Entry>& entries);
    void set_entries(const std::vector<Entry>& entries);
    [[nodiscard]] Content render() const override {
        const std::lock_guard lock(mutex_);
        return {200, "text/html; charset=utf-8", html_};
    }

private:
    mutable std::mutex mutex_;
    std::string html_;
};

}  // namespace spillway::app
