// Checks the kernels on this machine, at every CPU level that it can run, without Python.
//
//     selftest [LEVEL ...]        a line for each group of checks; exit code 1 if one has failed
//
// It is what sanitizers and emulators of other machines run: see `make proof`.
#include <algorithm>
#include <cstdio>
#include <string>

#include "selftest.h"

namespace selftest {

bool print(const char* level, const char* group, const Result& result) {
  printf("%-8s %-44s %s, %.2f of what is allowed\n", level, group,
         result.is_right() ? "right" : "WRONG", result.worst());
  fflush(stdout);
  return result.is_right();
}

}  // namespace selftest

int main(int count, char** arguments) {
  std::vector<std::string> levels(arguments + 1, arguments + count);
  if (levels.empty()) {
    const std::string names = eremo_levels();
    for (size_t at = 0; at < names.size();) {
      const size_t end = std::min(names.find(' ', at), names.size());
      levels.push_back(names.substr(at, end - at));
      at = end + 1;
    }
  }
  int num_failed = 0;
  for (const std::string& level : levels) {
    const selftest::Engines engines(level.c_str());
    if (!engines.one || !engines.three) {
      printf("This machine does not run %s.\n", level.c_str());
      return 1;
    }
    num_failed += selftest::check_products(level.c_str(), engines);
    num_failed += selftest::check_layers(level.c_str(), engines);
  }
  if (levels.empty()) printf("This machine runs no CPU level of the kernels.\n");
  return levels.empty() || num_failed ? 1 : 0;
}
