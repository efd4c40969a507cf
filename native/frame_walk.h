// Walking the running stack by frame pointers, for functions of V8 and Node that
// may not be suspended in the middle.
#pragma once

#include <string>

namespace greenthreads {

// False, with a reason, where a function that must be recognised was not found.
bool CanFindRefusals(std::string* why_not);

// The Refusal for the innermost such function between here and `stack_top`, or 0.
int FindRefusingFrame(const char* stack_top);

}  // namespace greenthreads
