#include "app/cli.hpp"

int main(int argc, char** argv) { return spillway::app::run_cli(argc, argv); }
