// Backend "stack": all coroutines on the isolate's OS thread, each on a stack of
// its own.
//
// A stack, from high to low addresses. Suspended shallow, it has one page resident:
//
//   top      rest of the handle block, touched only by deep handle scopes
//            first handles of the coroutine   + one
//            frames, growing down             + page
//            ...
//            64 KiB that V8 leaves to native code
//   base     guard page
//
// What V8 knows of it (CoroutineStack) lies elsewhere, to leave that page to frames.

#include "backend.h"
#include "coroutine.h"
#include "resting_records.h"
#include "stack_pool.h"
#include "switch/switch.h"
#include "v8_state.h"

#if defined(GT_HAS_SWITCH) && defined(GT_HAS_V8_LAYOUT)

#include "process_memory.h"

namespace greenthreads {

namespace {

// Handles that a shallow coroutine has, in the page that its first frames use.
constexpr size_t kHandleBytesInFirstPage = 12 * sizeof(void*);
constexpr size_t kFirstPageEnd = 2 * 4096;  // below the top: the rest of the block

class StackBackend;

struct CoroutineStack {
  Record record;
  uintptr_t limit = 0;  // where V8 throws a RangeError
  char* frames_top = nullptr;
  Stack memory;
  StackBackend* backend = nullptr;
};

class StackBackend final : public Backend {
 public:
  StackBackend(Coroutines* coroutines, const V8State& v8_state, void** stack_start_word)
      : coroutines_(coroutines),
        isolate_(coroutines->isolate()),
        v8_state_(v8_state),
        resting_records_(RestingRecords::Create(isolate_, v8_state, GiveBackUnused)),
        stack_start_word_(stack_start_word) {
    main_.limit = v8_state_.stack_limit();
    main_.frames_top = static_cast<char*>(*stack_start_word);
    coroutines->main()->stack = &main_;
  }

  const char* name() const override { return "stack"; }

  bool Acquire(Coroutine* coroutine, size_t stack_bytes) override {
    Stack memory = AcquireStack(stack_bytes);
    if (memory.base == nullptr) return false;
    char* handle_block = memory.top() - kFirstPageEnd - kHandleBytesInFirstPage;
    auto* stack = new CoroutineStack;
    stack->memory = memory;
    stack->backend = this;
    stack->frames_top = handle_block;
    stack->limit = reinterpret_cast<uintptr_t>(memory.base) + PageBytes() + kStackSlackBytes;
    stack->record.id = Record::kCoroutine;
    stack->record.sp = PrepareStack(handle_block, &StackBackend::Main, coroutine);
    v8_state_.InitializeRecord(&stack->record, handle_block);
    // A new stack is as good as suspended.
    v8_state_.Show(&stack->record);
    coroutine->stack = stack;
    return true;
  }

  void Release(Coroutine* coroutine) override {
    CoroutineStack* stack = Of(coroutine);
    V8State::Forget(&stack->record);
    V8State::FinalizeRecord(&stack->record);
    coroutine->stack = nullptr;
    ReleaseStack(stack->memory);
    delete stack;
  }

  void Switch(Coroutine* from, Coroutine* to) override {
    CoroutineStack* source = Of(from);
    CoroutineStack* target = Of(to);
    v8_state_.Suspend(&source->record);
    v8_state_.Resume(&target->record);
    // V8 is told by the main stack where possible: the calls need room, which would
    // cost a coroutine another page.
    if (target != &main_) Announce(target);
    gt_switch_stack(&source->record.sp, target->record.sp);
    if (source == &main_) Announce(&main_);
  }

  // V8 refuses to dispose of an isolate that a dropped stack had entered.
  void Close() override {
    while (v8_state_.entries() > entries_at_load_) isolate_->Exit();
  }

  void GiveBack(Coroutine* coroutine) override {
    GiveBackUnused(&Of(coroutine)->record);
  }

  size_t RestingStacks() const override {
    return resting_records_ == nullptr ? 0 : resting_records_->count();
  }
  uintptr_t InterruptScopes() const override { return v8_state_.interrupt_scopes(); }
  const char* StackTop(const Coroutine* coroutine) const override {
    return Of(coroutine)->frames_top;
  }

 private:
  // Tells V8 which stack runs.
  void Announce(const CoroutineStack* stack) {
    // The collector learns the bounds of the running stack only when an isolate is
    // entered. Without this it scans from one stack's pointer to another's top.
    *stack_start_word_ = stack->frames_top;
    isolate_->Enter();
    isolate_->Exit();
    // Leaves interrupts that are pending alone, whoever runs.
    isolate_->SetStackLimit(stack->limit);
  }

  // What a suspended stack has touched below its frames and above its handles.
  static void GiveBackUnused(const Record* record) {
    static_assert(offsetof(CoroutineStack, record) == 0);
    const Stack& memory = reinterpret_cast<const CoroutineStack*>(record)->memory;
    // The 128 bytes below the stack pointer belong to leaf functions.
    ReleasePages(memory.base + PageBytes(), static_cast<char*>(record->sp) - 128);
    char* handles_end = V8State::HandlesEnd(record);
    const bool is_in_first_block = handles_end > record->sp && handles_end < memory.top();
    if (is_in_first_block) ReleasePages(handles_end, memory.top());
  }

  static CoroutineStack* Of(const Coroutine* coroutine) {
    return static_cast<CoroutineStack*>(coroutine->stack);
  }

  // The bottom frame of a coroutine.
  static void Main(void* argument) {
    auto* self = static_cast<Coroutine*>(argument);
    StackBackend* backend = Of(self)->backend;
    Coroutine* next = backend->coroutines_->Run(self);
    backend->Switch(self, next);  // for the last time: Release() follows
    __builtin_unreachable();
  }

  Coroutines* coroutines_;
  v8::Isolate* isolate_;
  V8State v8_state_;
  std::unique_ptr<RestingRecords> resting_records_;
  void** stack_start_word_;
  const int entries_at_load_ = v8_state_.entries();
  CoroutineStack main_;
};

}  // namespace

std::unique_ptr<Backend> CreateStackBackend(Coroutines* coroutines, std::string* why_not) {
  void** stack_start_word = FindStackStartWord(why_not);
  if (stack_start_word == nullptr) return nullptr;
  std::string reason;
  const V8State v8_state = V8State::Probe(coroutines->isolate(), &reason);
  if (!reason.empty()) {
    *why_not = reason;
    return nullptr;
  }
  return std::make_unique<StackBackend>(coroutines, v8_state, stack_start_word);
}

}  // namespace greenthreads

#else

namespace greenthreads {

std::unique_ptr<Backend> CreateStackBackend(Coroutines*, std::string* why_not) {
#if !defined(GT_HAS_SWITCH)
  *why_not = "no stack switch is written for this platform (Linux on x86-64 or arm64 has one)";
#else
  *why_not = "the layout of this version of V8 is not known";
#endif
  return nullptr;
}

}  // namespace greenthreads

#endif
