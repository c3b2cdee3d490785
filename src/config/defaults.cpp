#include "config/config.hpp"

namespace spillway::config {

Config Config::defaults() {
    Config config;
    config.pools["cpu"] = {};
    config.pools["drill"] = {.workers = 16, .queue = {}};
    config.limiters["resize"] = {};
    config.limiters["drill"] = {};

    Route resize;
    resize.path = "/v1/resize";
    resize.methods = {"POST"};
    resize.handler = "resize";
    resize.limiter = "resize";
    resize.pool = "cpu";
    config.routes.push_back(resize);

    Route drill;
    drill.path = "/v1/drill";
    drill.methods = {"GET", "HEAD", "POST"};
    drill.handler = "drill";
    drill.limiter = "drill";
    drill.pool = "drill";
    drill.deadline = Millis{15000};
    config.routes.push_back(drill);
    return config;
}

}  // namespace spillway::config
