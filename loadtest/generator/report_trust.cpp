#include "generator/report_trust.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "generator/latency.hpp"
#include "generator/report_endings.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

struct Look {
    std::string_view css_class;
    std::string_view sign;
    std::string_view headline;
};

Look look_of(Trust trust) {
    switch (trust) {
        case Trust::bad:
            return {"bad", "✗", "These figures cannot be trusted as they are."};
        case Trust::doubtful:
            return {"doubtful", "!", "These figures have a reservation."};
        case Trust::good:
            break;
    }
    return {"sound", "✓", "These figures can be trusted."};
}

std::string percent(double share) { return number_text(share * 100) + " %"; }

/// A complaint of the summary, as a sentence of its own.
std::string sentence(std::string text) {
    if (text.empty()) return text;
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text.back() == '.' ? text : text + ".";
}

Verdict generator_verdict(const Result& result) {
    const Generator& generator = result.generator;
    if (generator.delay.count == 0) return {Trust::bad, "Not one request was offered."};
    if (result.mode == "closed" && !generator.is_bottleneck) {  // there are no intended instants
        return {Trust::good, "The generator had time to spare: " + percent(generator.cpu_max) +
                                 " of one core in its busiest second."};
    }
    const std::string delay = "99 % of the requests were taken up within " +
                              ms_text(percentile_ms(generator.delay, 0.99)) +
                              " of their instant, and " + percent(generator.cpu) +
                              " of one core sufficed";
    if (generator.is_bottleneck) {
        return {Trust::bad, "The generator was the bottleneck, not the server (" + delay +
                                "): offer less, or give it a core of its own."};
    }
    return {Trust::good, "The generator kept up: " + delay + "."};
}

Verdict unsent_verdict(const Result& result) {
    const Counts& counts = result.total.counts;
    const std::string share =
        share_text(static_cast<double>(counts.unsent), static_cast<double>(counts.offered));
    return {Trust::doubtful,
            count_text(counts.unsent) + " requests (" + share +
                ") never left: no connection was free for them. The server saw less than was "
                "offered; raise connections, or read it as its slowness."};
}

Verdict server_verdict(const Reconciliation& server) {
    if (server.url.empty()) {
        return {Trust::doubtful, "The server's own counters were not asked."};
    }
    if (!server.unavailable.empty()) {
        return {Trust::doubtful,
                "The server's own counters could not be compared: " + server.unavailable + "."};
    }
    const auto wrong = std::count_if(server.checks.begin(), server.checks.end(),
                                     [](const Check& check) { return !check.agrees; });
    if (wrong > 0) {
        return {Trust::bad, "The server's own counters disagree in " + std::to_string(wrong) +
                                " of " + std::to_string(server.checks.size()) + " checks."};
    }
    return {Trust::good, "The server's own counters agree in all " +
                             std::to_string(server.checks.size()) + " checks."};
}

std::string checks_table(const Reconciliation& server) {
    if (server.checks.empty()) return "";
    std::string out =
        "<details><summary>Both accounts, line by line</summary><div class=\"wide\"><table><thead>"
        "<tr><th>what</th><th>this account allows</th><th>the server says</th><th>agrees</th></tr>"
        "</thead><tbody>\n";
    for (const Check& check : server.checks) {
        const std::string low = number_text(check.generator_min);
        const std::string high = number_text(check.generator_max);
        out += "<tr><th>" + escaped(check.what) + "</th><td>" +
               (low == high ? low : low + " to " + high) + "</td><td>" + number_text(check.server) +
               "</td>" + (check.agrees ? "<td class=\"yes\">✓</td>" : "<td class=\"no\">✗</td>") +
               "</tr>\n";
    }
    return out + "</tbody></table></div><p>Read from " + escaped(server.url) + "</p></details>\n";
}

}  // namespace

std::vector<Verdict> verdicts_of(const Result& result) {
    std::vector<Verdict> verdicts;
    verdicts.push_back(generator_verdict(result));
    if (result.total.counts.unsent > 0) verdicts.push_back(unsent_verdict(result));
    verdicts.push_back(server_verdict(result.server));
    if (ended(result.total.counts) != result.total.counts.offered) {
        verdicts.push_back({Trust::bad, "The account does not add up."});
    }
    if (result.mode == "closed") {
        verdicts.push_back(
            {Trust::doubtful,
             "The loop was closed: each connection waited for its answer before it sent the next "
             "request, so a slow server was asked less, and the waits of those who would have "
             "come meanwhile are missing."});
    }
    if (result.interrupted) {
        verdicts.push_back({Trust::doubtful, "The run was interrupted before its end."});
    }
    for (const std::string& complaint : result.generator.complaints) {
        verdicts.push_back({Trust::doubtful, sentence(complaint)});
    }
    std::stable_sort(verdicts.begin(), verdicts.end(),
                     [](const Verdict& a, const Verdict& b) { return a.trust > b.trust; });
    return verdicts;
}

Trust trust_of(const std::vector<Verdict>& verdicts) {
    Trust worst = Trust::good;
    for (const Verdict& verdict : verdicts) worst = std::max(worst, verdict.trust);
    return worst;
}

std::string trust_section(const Result& result, const std::string& which) {
    const auto verdicts = verdicts_of(result);
    const Look all = look_of(trust_of(verdicts));
    std::string out = "<section id=\"trust" + which + "\" class=\"card " +
                      std::string{all.css_class} + "\"><h2>" + (which.empty() ? "" : which + ": ") +
                      std::string{all.headline} + "</h2><ul class=\"verdicts\">\n";
    for (const Verdict& verdict : verdicts) {
        const Look look = look_of(verdict.trust);
        out += "<li class=\"" + std::string{look.css_class} + "\"><b>" + std::string{look.sign} +
               "</b>" + escaped(verdict.what) + "</li>\n";
    }
    return out + "</ul>" + checks_table(result.server) + "</section>\n";
}

std::string trust_badge(const Result& result, const std::string& which) {
    const Look look = look_of(trust_of(verdicts_of(result)));
    return "<a href=\"#trust" + which + "\" class=\"badge " + std::string{look.css_class} +
           "\"><b>" + std::string{look.sign} + "</b>" + std::string{look.headline} + "</a>";
}

}  // namespace spillway::loadtest
