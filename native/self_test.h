// Tries a backend on real JavaScript before anybody relies on it.
#pragma once

#include <string>

namespace greenthreads {

class Coroutines;

// Switches, throws, collects garbage and overflows the stack inside a coroutine and
// on the main stack. Once per process; takes about a millisecond.
bool PassesSelfTest(Coroutines* coroutines, std::string* why_not);

}  // namespace greenthreads
