#include "generator/cli.hpp"

int main(int argc, char** argv) { return spillway::loadtest::run_cli(argc, argv); }
