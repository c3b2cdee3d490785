#include "handlers/drill_handler.hpp"

#include <stdexcept>
#include <utility>

#include "handlers/drill_work.hpp"
#include "spillway/async/steady_now.hpp"

namespace spillway::handlers {
namespace {

class DrillSource final : public http::BodySource {
public:
    explicit DrillSource(std::uint32_t bytes) noexcept : body_(bytes) {}
    [[nodiscard]] std::uint64_t size() const noexcept override { return body_.size(); }
    [[nodiscard]] std::size_t next(std::span<char> piece) override { return body_.next(piece); }

private:
    DrillBody body_;
};

class DrillWork final : public http::JobWork {
public:
    explicit DrillWork(const DrillParams& params) noexcept : params_(params) {}

    [[nodiscard]] http::Reply compute(const http::JobInput& input,
                                      async::JobContext& context) override {
        switch (drill(params_, context.stop, context.deadline, &async::steady_now)) {
            case DrillOutcome::done:
                break;
            // A handler's bug, as real as one can be made: it takes the path of an exception.
            case DrillOutcome::failed:
                throw std::runtime_error("the drill failed, as asked");
            case DrillOutcome::stopped: {
                auto reply = http::Reply::problem(504, "the deadline passed");
                reply.outcome = core::Outcome::ignored;
                return reply;
            }
        }
        if (!params_.bytes) {
            return http::Reply::text(200, "application/json",
                                     drill_json(params_, input.body_bytes));
        }
        http::Reply reply;
        reply.source = std::make_unique<DrillSource>(*params_.bytes);
        return reply;
    }

private:
    DrillParams params_;
};

}  // namespace

std::variant<std::unique_ptr<http::Work>, http::BadRequest> DrillHandler::prepare(
    const http::RequestHead& head) const {
    const auto query = http::decode_query(head.query());
    if (!query) return http::BadRequest{"the query is malformed"};
    auto params = parse_drill_params(*query);
    if (auto* problem = std::get_if<ParamProblem>(&params))
        return http::BadRequest{std::move(problem->detail)};
    return std::make_unique<DrillWork>(std::get<DrillParams>(params));
}

}  // namespace spillway::handlers
