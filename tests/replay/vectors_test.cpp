// Every vector of tests/data/vectors: the same samples as the reference saw, the same answers.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "replay/session.hpp"

namespace spillway::replay {
namespace {

namespace json = boost::json;
const std::filesystem::path directory{SPILLWAY_SOURCE_DIR "/tests/data/vectors"};

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Output {
    std::string name;
    double abs_tol;
    double rel_tol;
};

struct Vector {
    json::object about;
    std::string header;
    std::size_t inputs;
    std::vector<Output> compared;  // the required ones first, then the others
    std::size_t required;
    std::set<std::int64_t> sensitive;
    std::vector<std::string> rows;
    bool is_limit;
};

Vector load(const std::string& name) {
    Vector v;
    v.about = json::parse(read(directory / (name + ".json"))).as_object();
    v.header = "algorithm " + std::string(v.about.at("algorithm").as_string()) + " " +
               json::serialize(v.about.at("params"));
    v.inputs = v.about.at("inputs").as_array().size();
    v.required = v.about.at("required_outputs").to_number<std::size_t>();
    for (const auto& output : v.about.at("outputs").as_array())
        v.compared.push_back({std::string(output.at("name").as_string()),
                              output.at("abs_tol").to_number<double>(),
                              output.at("rel_tol").to_number<double>()});
    if (const auto* rows = v.about.if_contains("float_sensitive_rows"); rows && rows->is_array())
        for (const auto& row : rows->as_array()) v.sensitive.insert(row.to_number<std::int64_t>());
    std::istringstream lines(read(directory / (name + ".csv")));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) v.rows.push_back(line);
    v.is_limit = v.compared.front().name == "limit_after";
    return v;
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
    return fields;
}

/// What differs in this answer by more than its tolerance; empty when nothing does.
std::string difference(const std::vector<std::string>& expected, const std::string& answer,
                       const Vector& v) {
    const auto got = split(answer);
    if (got.size() < v.required || got.size() > v.compared.size())
        return "wrong number of fields: " + answer;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const auto& output = v.compared[i];
        const auto& want = expected[v.inputs + i];
        if (got[i] == want) continue;
        char* end = nullptr;
        const double a = std::strtod(got[i].c_str(), &end);
        const bool is_number = end != got[i].c_str() && *end == '\0';
        const double b = std::strtod(want.c_str(), &end);
        const bool both = is_number && end != want.c_str() && *end == '\0';
        const double tolerance = std::max(output.abs_tol, output.rel_tol * std::fabs(b));
        if (!both || !(std::fabs(a - b) <= tolerance))
            return output.name + " is " + got[i] + ", the reference's " + want;
    }
    return "";
}

struct Verdict {
    std::size_t outside = 0;  // rows beyond their tolerance
    std::size_t inexact = 0;  // rows within it whose first output is not equal
    std::string first;
};

Verdict judge(const Vector& v) {
    Session session;
    Verdict verdict;
    if (const auto refused = session.answer(v.header)) return {v.rows.size(), 0, *refused};
    for (std::size_t i = 0; i < v.rows.size(); ++i) {
        const auto expected = split(v.rows[i]);
        std::string sample = expected[0];
        for (std::size_t f = 1; f < v.inputs; ++f) sample += "," + expected[f];
        const auto answer = session.answer(sample).value_or("no answer");
        if (v.sensitive.contains(static_cast<std::int64_t>(i))) continue;
        const auto wrong = difference(expected, answer, v);
        if (!wrong.empty()) {
            if (verdict.outside++ == 0) verdict.first = "row " + std::to_string(i) + ": " + wrong;
        } else if (split(answer)[0] != expected[v.inputs]) {
            ++verdict.inexact;
        }
    }
    return verdict;
}

std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        if (entry.path().extension() == ".csv") found.push_back(entry.path().stem().string());
    std::sort(found.begin(), found.end());
    return found;
}

class Vectors : public ::testing::TestWithParam<std::string> {};

TEST_P(Vectors, are_answered_as_the_reference_answers) {
    const Vector v = load(GetParam());
    ASSERT_FALSE(v.rows.empty());
    const Verdict verdict = judge(v);
    if (!v.about.at("required").as_bool()) {
        std::cout << "not required: " << verdict.outside << " of " << v.rows.size()
                  << " rows differ; " << verdict.first << '\n';
        return;
    }
    EXPECT_EQ(verdict.outside, 0U) << verdict.first;
    // A tolerance of 1 is for the last bit right at an integer. More of it is another rule.
    if (v.is_limit) {
        EXPECT_LE(verdict.inexact * 50, v.rows.size());
    }
}

INSTANTIATE_TEST_SUITE_P(All, Vectors, ::testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

TEST(VectorsOnDisk, there_is_one_at_least_for_every_algorithm) {
    std::set<std::string> covered;
    for (const auto& name : names()) covered.emplace(load(name).about.at("algorithm").as_string());
    for (const auto& algorithm : algorithms())
        EXPECT_TRUE(covered.contains(std::string(algorithm.name))) << algorithm.name;
}

}  // namespace
}  // namespace spillway::replay
