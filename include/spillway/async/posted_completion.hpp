#pragma once
// How every operation of this room ends: its handler is posted, never called from the thread that
// happened to end it.

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace spillway::async {

/// Owns a completion handler, and the work that keeps its loop running until the handler has run.
/// Calling it, once and from any thread, posts the handler with the arguments to the handler's
/// associated executor, through its associated allocator; there the handler's cancellation slot is
/// cleared first, so that a late cancel finds nothing. A loop that dies with the handler still
/// posted destroys the arguments, and with them the rights that they own. The loop must be alive
/// when the call is made.
template <class Handler>
class PostedCompletion {
public:
    static_assert(
        !std::is_same_v<boost::asio::associated_executor_t<Handler>, boost::asio::system_executor>,
        "the handler needs an executor of its own (bind_executor); the default one would "
        "run it on a hidden thread");

    explicit PostedCompletion(Handler handler)
        : executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                        boost::asio::execution::outstanding_work.tracked)),
          handler_(std::move(handler)) {}

    template <class... Args>
    void operator()(Args... args) {
        namespace execution = boost::asio::execution;
        auto allocator = boost::asio::get_associated_allocator(handler_);
        auto run = [handler = std::move(handler_),
                    arguments = std::tuple<Args...>(std::move(args)...)]() mutable {
            boost::asio::get_associated_cancellation_slot(handler).clear();
            std::apply(std::move(handler), std::move(arguments));
        };
        boost::asio::prefer(boost::asio::require(executor_, execution::blocking.never),
                            execution::allocator(allocator))
            .execute(std::move(run));
    }

private:
    using Tracked = std::decay_t<decltype(boost::asio::prefer(
        std::declval<const boost::asio::associated_executor_t<Handler>&>(),
        boost::asio::execution::outstanding_work.tracked))>;

    Tracked executor_;
    Handler handler_;
};

}  // namespace spillway::async
