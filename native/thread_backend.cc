// Backend "thread": an OS thread per coroutine, one of which runs at a time.
//
// Only V8's public API: a thread that is suspended gives the isolate's lock back,
// and V8 archives its state. Works wherever Node does; 20 times slower than the
// stack backend.

#include <algorithm>
#include <utility>

#include "backend.h"
#include "baton.h"
#include "coroutine.h"
#include "os_thread.h"
#include "stack_pool.h"
#include "v8_state.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace greenthreads {

namespace {

class ThreadBackend;

struct CoroutineThread {
  Baton turn;
  CoroutineThread* place = this;  // whose turn it takes: during an errand that of the main stack
  uintptr_t limit = 0;  // where V8 throws a RangeError
  const char* frames_top = nullptr;
  size_t stack_bytes = 0;
  bool is_started = false;
  bool never_ran = false;  // released before its first turn
  Coroutine* coroutine = nullptr;
  ThreadBackend* backend = nullptr;
#if defined(__linux__)
  TransientPin pin;
  pid_t thread = 0;
#endif
};

class ThreadBackend final : public Backend {
 public:
  ThreadBackend(Coroutines* coroutines, uintptr_t main_limit)
      : coroutines_(coroutines), isolate_(coroutines->isolate()) {
    main_.limit = main_limit;
#if defined(__linux__)
    main_.pin.Remember();
    main_.thread = static_cast<pid_t>(syscall(SYS_gettid));
#endif
    coroutines->main()->stack = &main_;
  }

  const char* name() const override { return "thread"; }

  bool Acquire(Coroutine* coroutine, size_t stack_bytes) override {
    auto* thread = new CoroutineThread;
    thread->stack_bytes = std::max(stack_bytes, kMinStackBytes);
    thread->coroutine = coroutine;
    thread->backend = this;
#if defined(__linux__)
    thread->pin.Adopt(main_.pin);
#endif
    if (!StartThread(&ThreadBackend::Main, thread, thread->stack_bytes)) {
      delete thread;
      return false;
    }
    coroutine->stack = thread;
    return true;
  }

  void Release(Coroutine* coroutine) override {
    CoroutineThread* thread = Of(coroutine);
    coroutine->stack = nullptr;
    // One that has ended deletes itself, see Main. One that is given up sleeps on:
    // V8 keeps its state until the isolate goes, and may look at its stack.
    if (coroutine->status != Status::kFresh) return;
    thread->never_ran = true;
    thread->turn.Pass();
  }

  bool EndsByReturning() const override { return true; }

  void Switch(Coroutine* from, Coroutine* to) override {
    Coroutine* next = to;
    if (NeedsVisit(from, to)) {
      next = from->resumer;
      after_visit_ = to;
    }
    for (;;) {
      PassTo(from, next);
      if (errand_ != nullptr) {
        next = errand_from_;
        if (!RunErrand(Of(next))) return coroutines_->TakeOver(from);
        continue;
      }
      if (after_visit_ == nullptr) return;
      next = std::exchange(after_visit_, nullptr);
      if (!coroutines_->PollInterrupts()) return coroutines_->TakeOver(from);
    }
  }

  // Whoever is on top of the main stack's OS thread is inside Switch(), as whenever a coroutine runs
  // elsewhere: the main stack, or a coroutine that resumed others during an errand of its own.
  void RunOnMain(Coroutine* from, const std::function<bool()>& errand) override {
    errand_ = &errand;
    errand_from_ = from;
    PassTo(from, coroutines_->main());
  }

  void GiveBack(Coroutine*) override {}

  const char* StackTop(const Coroutine* coroutine) const override {
    return Of(coroutine)->frames_top;
  }

  // V8 archives pending interrupts with the thread that was running.
  bool NeedsInterruptPolling() const override { return true; }

 private:
  // What `guest` resumes meanwhile comes back to the main stack's OS thread.
  bool RunErrand(CoroutineThread* guest) {
    guest->place = &main_;
    const bool is_done = (*std::exchange(errand_, nullptr))();
    guest->place = guest;
    return is_done;
  }

  void PassTo(const Coroutine* from, const Coroutine* to) {
    CoroutineThread* source = Of(from)->place;
    // Entering an isolate is nested per thread and must end in order.
    const int entered = source == &main_ ? 0 : ExitAll();
    {
      v8::Unlocker unlocker(isolate_);
      HandOver(source, Of(to)->place);
    }
    Return(source, entered);
  }

  int ExitAll() {
    int entered = 0;
    while (v8::Isolate::TryGetCurrent() == isolate_) {
      isolate_->Exit();
      entered++;
    }
    return entered;
  }

  void Return(const CoroutineThread* thread, int entered) {
    if (entered == 0) {
      // The collector learns the bounds of the running stack only when an isolate is entered.
      isolate_->Enter();
      isolate_->Exit();
    }
    while (entered-- > 0) isolate_->Enter();
    // V8 13 and later derive a size from the limit and keep it per isolate.
    isolate_->SetStackLimit(thread->limit);
  }

  // A termination that arrives while a thread goes to sleep sleeps with it. If that
  // one is blocked and those it resumed hand over to each other for ever, nobody
  // would notice: so now and then the blocked one is woken to look.
  bool NeedsVisit(const Coroutine* from, const Coroutine* to) {
    return from->resumer != nullptr && to->resumer == from->resumer &&
           ++transfers_ % kVisitEvery == 0;
  }

  static constexpr unsigned kVisitEvery = 64;
  unsigned transfers_ = 0;
  Coroutine* after_visit_ = nullptr;  // who continues then

  const std::function<bool()>* errand_ = nullptr;  // what the main stack is woken for
  Coroutine* errand_from_ = nullptr;               // who continues then

  static CoroutineThread* Of(const Coroutine* coroutine) {
    return static_cast<CoroutineThread*>(coroutine->stack);
  }

  static void HandOver(CoroutineThread* from, CoroutineThread* to) {
#if defined(__linux__)
    from->pin.Narrow();
    to->pin.MoveHere(to->thread);
#endif
    to->turn.Pass();
    from->turn.Await();
#if defined(__linux__)
    from->pin.Widen();
#endif
  }

  static void Main(void* argument) {
    auto* self = static_cast<CoroutineThread*>(argument);
    self->turn.Await();
    if (!self->never_ran) {
      const char local = 0;
      const auto top = reinterpret_cast<uintptr_t>(&local);  // nearly
      self->frames_top = reinterpret_cast<const char*>(top + 256);
      self->limit = top - self->stack_bytes + kStackSlackBytes;
#if defined(__linux__)
      self->thread = static_cast<pid_t>(syscall(SYS_gettid));
#endif
      CoroutineThread* next = self->backend->RunLocked(self);
#if defined(__linux__)
      next->pin.MoveHere(next->thread);
#endif
      next->turn.Pass();
    }
    delete self;
  }

  CoroutineThread* RunLocked(CoroutineThread* self) {
    v8::Locker locker(isolate_);
    v8::Isolate::Scope isolate_scope(isolate_);
    isolate_->SetStackLimit(self->limit);
    return Of(coroutines_->Run(self->coroutine))->place;
  }

  Coroutines* coroutines_;
  v8::Isolate* isolate_;
  CoroutineThread main_;
};

}  // namespace

std::unique_ptr<Backend> CreateThreadBackend(Coroutines* coroutines, std::string* why_not) {
  const uintptr_t main_limit = ReadStackLimit(coroutines->isolate());
  if (main_limit == 0) {
    *why_not = "the main stack's limit was not found in this version of V8";
    return nullptr;
  }
  return std::make_unique<ThreadBackend>(coroutines, main_limit);
}

}  // namespace greenthreads
