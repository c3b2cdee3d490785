#pragma once
// spillway-load report: pages of runs that are over.

namespace spillway::loadtest {

/// `argv` begins with the word `report`. 0 the page is written; 1 a file cannot be read or written,
/// or is no result; 2 wrong use.
int run_report(int argc, char** argv);

}  // namespace spillway::loadtest
