// Coroutines of one isolate: states, switching, ending. Knows no scheduler.
//
//   FREE -> FRESH -> RUNNING <-> SUSPENDED -> DONE -> FREE
//                       |  ^
//                       v  |  nested switch: it waits for the target to come
//                     BLOCKED  back, as the main stack always does
#pragma once

#include <node.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend.h"
#include "microtasks.h"
#include "node_state.h"

namespace greenthreads {

enum class Status : uint8_t { kFree, kFresh, kRunning, kSuspended, kBlocked, kDone };

// Why a switch was refused: the values are the binding's contract with TypeScript.
enum Refusal : int {
  kSwitched = 0,
  kBeingDestroyed = 1,
  kInsideJsonStringify = -1,
  kInsideMicrotasksScope = -2,
  kInsideOwnCheckpoint = -3,
  kInsideNodeApi = -6,  // or in what else the main stack's OS thread does for it
};

// State of the isolate when a coroutine was resumed. What has been added since
// is the coroutine's own: it goes along (callbacks) or forbids to suspend.
struct Base {
  size_t callback_depth = 0;
  int microtasks_depth = 0;
  bool is_running_microtasks = false;
  uintptr_t interrupt_scopes = 0;
};

struct Coroutine {
  void* stack = nullptr;  // the backend's part: a stack or an OS thread
  int slot = 0;
  Status status = Status::kFree;
  bool is_being_destroyed = false;
  bool was_terminated = false;  // what it resumed ended by a termination nobody asked of it
  bool keeps_callers_context = false;  // set by the one who switches to it
  bool is_on_errand = false;  // the main stack's OS thread works for it
  uint32_t suspensions = 0;
  Coroutine* resumer = nullptr;  // who continues when this one ends; suspended: who did last
  Base base;
  // Suspended: what is above the base. Blocked, or main: the absolute value.
  size_t saved_callback_depth = 0;
  // Its checkpoint of microtasks, while it does not run.
  Checkpoint checkpoint;
};

class Coroutines {
 public:
  // Probes both backends as `preference` ("stack", "thread" or "") allows.
  // Returns nullptr, with what was tried in `why_not`, if none works.
  static std::unique_ptr<Coroutines> Create(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                            const std::string& preference, std::string* why_not);
  ~Coroutines();

  void SetEntry(v8::Local<v8::Function> entry);

  // A new coroutine in state FRESH, or nullptr when there is no memory for it.
  Coroutine* New(size_t stack_bytes);
  // nullptr unless the slot holds a coroutine that can be switched to.
  Coroutine* Target(int slot);
  Coroutine* current() { return current_; }
  Coroutine* main() { return &main_; }

  // Suspends the current one and runs the target. A nested switch promises that
  // control comes back before anything below the current one continues, so that
  // it is allowed everywhere. `carries_context`: the target goes on with the
  // caller's continuation-preserved data instead of its own. `is_over`: the current one needs its own no
  // more, and must not keep it alive. Returns a Refusal.
  int Switch(Coroutine* target, bool is_nested, bool carries_context, bool is_over = false);
  // Suspends the current one, which was resumed by a nested switch and has nothing of its own on its
  // stack any more: that needs no look for what forbids it. Who resumes it next gives it a context.
  int Rest();
  // Calls `fn` on the OS thread of the main stack and returns what it returns; empty when it threw, and
  // that is thrown here. The current one cannot be suspended meanwhile, but can resume others.
  v8::MaybeLocal<v8::Value> CallOnMain(v8::Local<v8::Function> fn);
  // The Refusal with which a switch out of the current one would end now.
  int FindRefusal() const;
  // Drops a coroutine that is suspended: nothing on its stack runs any more, no
  // `finally` and no destructor. Unwinding it by termination would be no better, and
  // V8 forgets at any termination which joins of arrays are under way, and crashes
  // when another stack is inside one. `is_idle`: it returns when it is told to end.
  void Destroy(Coroutine* target, bool is_idle);
  // Makes joins of arrays safe to suspend in the realm of a function, of this form:
  // suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }
  void ProtectJoins(v8::Local<v8::Function> join_forever);
  // To call after a termination, which undoes it.
  void RenewJoinProtection();
  void GiveBack(Coroutine* coroutine);
  // From here on a coroutine may be suspended inside microtasks that it runs itself.
  bool AllowCheckpoints(v8::Local<v8::Context> context, std::string* why_not);
  const intptr_t* microtask_count() const { return checkpoint_.length(); }

  size_t all_stacks() const { return live_; }
  // Without those of ours.
  size_t live() const { return live_ - hidden_; }
  size_t callback_depth() const { return *callback_depth_; }
  // Whether it can take its callbacks along; else it must not be suspended inside one.
  bool counts_callbacks() const { return callback_depth_ != &uncounted_callbacks_; }
  const Backend& backend() const { return *backend_; }
  const std::string& backend_reason() const { return backend_reason_; }
  v8::Isolate* isolate() const { return isolate_; }

  // Lets pending interrupts take effect. False if one was a termination.
  bool PollInterrupts();
  // The resumer of all that runs takes over, because it was terminated while blocked.
  void TakeOver(Coroutine* blocked);

  // Runs on the coroutine's own stack until it ends; called by the backend.
  // Returns the one to continue.
  Coroutine* Run(Coroutine* self);
  // The environment goes away: ends every suspended coroutine.
  void Close();

 private:
  Coroutines(v8::Isolate* isolate, v8::Local<v8::Context> context);
  int Exchange(Coroutine* from, Coroutine* to, bool is_nested, bool carries_context, bool is_over);
  Base CurrentBase() const;
  void Enter(Coroutine* from, Coroutine* to, bool is_nested);
  void ProtectJoinsOfMainRealm();
  v8::Local<v8::Function> EntryOf(const Coroutine* coroutine);
  static void SuspendInsideJoin(const v8::FunctionCallbackInfo<v8::Value>& info);
  bool WasTerminatedWhilePolling(Coroutine* from);
  void RecycleEnded();
  void Recycle(Coroutine* coroutine);

  v8::Isolate* isolate_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> entry_;
  v8::Global<v8::UnboundScript> poll_;
  v8::Global<v8::Function> join_;
  std::unique_ptr<Backend> backend_;
  std::string backend_reason_;
  size_t uncounted_callbacks_ = 0;
  size_t* callback_depth_ = &uncounted_callbacks_;
  ContinuationDataGuard continuation_data_guard_;
  MicrotaskCheckpoint checkpoint_;

  Coroutine main_;
  Coroutine* current_ = &main_;
  Coroutine* ended_ = nullptr;  // to be recycled by whoever runs next
  std::vector<std::unique_ptr<Coroutine>> slots_;
  std::vector<int> free_slots_;
  size_t live_ = 0;
  Coroutine* join_holder_ = nullptr;  // while it begins its join
  size_t hidden_ = 0;                 // such that have to stay
  bool has_protected_joins_ = false;
};

}  // namespace greenthreads
