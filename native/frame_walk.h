// Walking the running stack by frame pointers, for native functions that must not
// be suspended in the middle.
#pragma once

#include <string>

namespace greenthreads {

class FrameWalk {
 public:
  // False, with a reason, where a function that must be recognised was not found.
  static bool IsPossible(std::string* why_not);

  // Whether there is anything to look for on this version and in this process.
  static bool IsNeeded() { return is_needed_; }
  // From now on Node-API functions can be on a stack: another addon has been loaded.
  static void ExpectNodeApi();

  // The Refusal for the innermost such function between here and `stack_top`, or 0.
  static int FindRefusal(const char* stack_top);

 private:
  static bool is_needed_;
};

}  // namespace greenthreads
