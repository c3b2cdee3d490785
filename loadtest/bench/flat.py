"""Does a refusal cost the same with more routes, more connections, a full queue, and while scraped?"""

import clients
import costs
from figures import median
from servers import Spillway

# Everybody who is refused finds the permit taken and all 64 places of the queue too.
FULL_QUEUE = {"limiters.drill.limit.value": 1, "limiters.drill.queue.capacity": 64,
              "limiters.drill.queue.wait_timeout": "60s", "routes.1.deadline": "60s"}


def with_routes(count):
    """The route that is asked for is the last of `count`."""
    extra = "".join(f"  - {{path: /v1/other/{n}, methods: [GET], handler: drill, limiter: drill, pool: drill}}\n"
                    for n in range(count - 1))
    last = "  - {path: /v1/drill, methods: [GET], handler: drill, limiter: drill, pool: drill}\n"
    return lambda **options: Spillway(config="routes:\n" + extra + last, **options)


def compare(subjects, connections, rounds):
    """{title: median of its ratio to the first subject's, over rounds}, each a ratio to the bare
    loop under the same load."""
    pairs = costs.in_rounds(subjects, connections, rounds)
    first = pairs[subjects[0].title]["ratio"]
    return {title: {"x_limit": median(f["ratio"]), "us": median(f["us"]),
                    "to_first": median([own / base for own, base in zip(f["ratio"], first)])}
            for title, f in pairs.items()}


def routes(rounds):
    return compare([costs.Subject(str(n), with_routes(n), "refused") for n in (1, 10, 100)], 64, rounds)


def connections(rounds):
    # wrk opens all of them first; the longer run makes that a small part of the 10,000's figure.
    return compare([costs.Subject(f"{n:,}", Spillway, "refused", connections=n, seconds=seconds)
                    for n, seconds in ((10, 1), (1000, 1), (10000, 4))], None, min(2, rounds))


def queue(rounds):
    return compare([costs.Subject("none", Spillway, "refused"),
                    costs.Subject("full", lambda **options: Spillway(FULL_QUEUE, permits=65, **options), "refused")],
                   64, rounds)


def scrape():
    """CPU time of a scrape, of a service that has refused and served, and what ten a second cost."""
    with Spillway() as server:
        clients.cost(server, "refused", 64)
        found = [clients.cost(server, "metrics", 1, expect=200)["seconds"] for _ in range(3)]
    return {"us": median(found) * 1e6, "share": median(found) * 10}
