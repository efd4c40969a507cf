// What a backend must be able to do. There are two: stack_backend.cc switches
// stacks on one OS thread, thread_backend.cc gives every coroutine a thread and
// lets one run at a time.
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace greenthreads {

struct Coroutine;
class Coroutines;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;

  // Gives `coroutine` a stack on which Coroutines::Run(coroutine) will run at
  // its first switch. False when memory or threads are exhausted.
  virtual bool Acquire(Coroutine* coroutine, size_t stack_bytes) = 0;
  // Takes the stack back, of one that has ended, never started, or is given up
  // while suspended.
  virtual void Release(Coroutine* coroutine) = 0;
  // Whether a stack comes back whole only when its function has returned.
  virtual bool EndsByReturning() const { return false; }
  // Suspends `from`, which runs now, and continues `to`. Returns when `from` is continued.
  virtual void Switch(Coroutine* from, Coroutine* to) = 0;
  // Calls `errand` on the OS thread of the main stack, on behalf of `from`, which runs now. It says false
  // when it was terminated: on another OS thread the main stack then goes on, and this never returns.
  virtual void RunOnMain([[maybe_unused]] Coroutine* from, const std::function<bool()>& errand) {
    errand();
  }
  // All coroutines are gone, and the isolate is to go.
  virtual void Close() {}
  // Gives back memory that a suspended coroutine does not need now.
  virtual void GiveBack(Coroutine* coroutine) = 0;
  virtual uintptr_t InterruptScopes() const { return 0; }
  // The end of the running coroutine's stack, for walking its frames.
  virtual const char* StackTop(const Coroutine* coroutine) const = 0;
  // How many suspended stacks cost nothing at minor collections.
  virtual size_t RestingStacks() const { return 0; }
  // Whether a termination may be parked in a coroutine that is suspended.
  virtual bool NeedsInterruptPolling() const { return false; }
};

// nullptr with a reason where the backend cannot work.
std::unique_ptr<Backend> CreateStackBackend(Coroutines* coroutines, std::string* why_not);
std::unique_ptr<Backend> CreateThreadBackend(Coroutines* coroutines, std::string* why_not);

}  // namespace greenthreads
