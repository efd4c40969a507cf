// What the queue of microtasks keeps about the checkpoint that is under way. A
// coroutine that is suspended inside a microtask takes it along: to everybody else
// the queue then looks as if no checkpoint were running, so that they go on with
// the microtasks that are left.
#pragma once

#include <node.h>

#include <cstdint>
#include <string>

namespace greenthreads {

struct Checkpoint {
  uint8_t is_running = 0;
  int suppressions = 0;
};

class MicrotaskCheckpoint {
 public:
  // Finds the words, in a queue of its own, and then uses those of the context's
  // queue. False, with a reason, unless exactly one word of each kind is found.
  bool Find(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string* why_not);
  bool is_found() const { return is_running_ != nullptr; }
  // How many microtasks there are.
  const intptr_t* length() const { return length_; }

  Checkpoint Exchange(const Checkpoint& next) {
    const Checkpoint now{*is_running_, *suppressions_};
    Set(next);
    return now;
  }
  void Set(const Checkpoint& next) {
    *is_running_ = next.is_running;
    *suppressions_ = next.suppressions;
  }

 private:
  uint8_t* is_running_ = nullptr;
  int* suppressions_ = nullptr;
  const intptr_t* length_ = nullptr;
};

}  // namespace greenthreads
