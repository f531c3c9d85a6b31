// Which CPU levels this machine can run.
#pragma once

#include <vector>

#include "level.h"

namespace eremo {

// The best first; empty on a machine that is older than all of them.
std::vector<const Level*> usable_levels();

}  // namespace eremo
