#pragma once
// What a configuration makes of a service, before any of it is in force.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/service.hpp"

namespace spillway::app {

/// Limiters and quotas that are new, options for those that are there, and the routes between them.
struct Service::Plan {
    Limiters new_limiters;
    std::map<std::string, admission::LimiterOptions> limiters;  // all, by name
    std::map<std::string, bool> keeps_limit;                    // of those that are there
    std::map<std::string, bool> keeps_shadow;                   // likewise
    NamedQuotas quotas;                                         // new ones, and successors
    std::map<std::string, config::Rate> rates;                  // theirs
    std::vector<http::RouteSpec> routes;
};

}  // namespace spillway::app
