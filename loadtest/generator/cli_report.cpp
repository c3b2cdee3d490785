#include "generator/cli_report.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "generator/report.hpp"
#include "generator/report_compare.hpp"
#include "generator/result_json.hpp"

namespace spillway::loadtest {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int complain(const std::string& text, int code) {
    std::cerr << "spillway-load: " << text << '\n';
    return code;
}

/// The results of a file; empty after a complaint.
std::vector<Result> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    std::string why = "it cannot be read";
    std::vector<Result> results;
    if (file.is_open() && !text.bad()) results = results_from_json(text.str(), why);
    if (results.empty()) complain(path + ": " + why, exit_failed);
    return results;
}

}  // namespace

int run_report(int argc, char** argv) {
    CLI::App app{"A page of one result (--json), or of two side by side.", "spillway-load report"};
    std::vector<std::string> paths;
    std::string page_path;
    app.add_option("results", paths, "result files of one or two runs, or one of a comparison")
        ->required();
    app.add_option("--html", page_path, "where the page goes")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return complain(error.what(), exit_usage);
    }
    std::vector<Result> results;
    for (const auto& path : paths) {
        const auto found = read(path);
        if (found.empty()) return exit_failed;
        results.insert(results.end(), found.begin(), found.end());
    }
    if (results.size() > 2) {
        return complain(
            "a page shows one run or two, and here are " + std::to_string(results.size()),
            exit_usage);
    }
    std::ofstream page(page_path, std::ios::binary);
    page << (results.size() == 1 ? report_html(results[0]) : compare_html(results[0], results[1]))
         << std::flush;
    return page ? exit_ok : complain(page_path + ": cannot be written", exit_failed);
}

}  // namespace spillway::loadtest
