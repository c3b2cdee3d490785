#include "handlers/resize_handler.hpp"

#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::handlers {
namespace {

/// The encoder's buffer, freed when the reply has been sent.
class EncodedImage final : public http::BodyBytes {
public:
    explicit EncodedImage(ImageBytes image) noexcept : image_(std::move(image)) {}
    [[nodiscard]] std::span<const char> bytes() const noexcept override {
        return {reinterpret_cast<const char*>(image_.data.get()), image_.size};
    }

private:
    ImageBytes image_;
};

class ResizeWork final : public http::JobWork {
public:
    ResizeWork(const ImageEngine& engine, ResizeOptions options, ResizeParams params) noexcept
        : engine_(engine), options_(options), params_(params) {}

    [[nodiscard]] http::Reply compute(const http::JobInput& input,
                                      async::JobContext& context) override {
        ImageResult result = engine_.resize(std::as_bytes(input.body), params_, options_,
                                            context.stop, context.deadline, &async::steady_now);
        switch (result.status) {
            case ImageStatus::ok:
                break;
            case ImageStatus::not_an_image:
                return http::Reply::problem(415, result.detail);
            case ImageStatus::impossible:
                return http::Reply::problem(422, result.detail);
            case ImageStatus::stopped: {
                // Nobody waits for it any more; the session says 504 where somebody does.
                auto reply = http::Reply::problem(504, "the deadline passed");
                reply.outcome = core::Outcome::ignored;
                return reply;
            }
            case ImageStatus::failed: {
                auto reply = http::Reply::problem(500, result.detail);
                reply.outcome = core::Outcome::ignored;
                return reply;
            }
        }
        http::Reply reply;
        reply.content_type = http::StaticText::promised(result.content_type);
        reply.bytes = std::make_unique<EncodedImage>(std::move(result.bytes));
        return reply;
    }

private:
    const ImageEngine& engine_;
    ResizeOptions options_;
    ResizeParams params_;
};

}  // namespace

std::variant<std::unique_ptr<http::Work>, http::BadRequest> ResizeHandler::prepare(
    const http::RequestHead& head) const {
    const auto query = http::decode_query(head.query());
    if (!query) return http::BadRequest{"the query is malformed"};
    auto params = parse_resize_params(*query);
    if (auto* problem = std::get_if<ParamProblem>(&params))
        return http::BadRequest{std::move(problem->detail)};
    const ResizeOptions options{
        .pixels_max = pixels_max_.load(std::memory_order_relaxed),
        .output_pixels_max = output_pixels_max_.load(std::memory_order_relaxed)};
    return std::make_unique<ResizeWork>(engine_, options, std::get<ResizeParams>(params));
}

}  // namespace spillway::handlers
