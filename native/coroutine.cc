#include "coroutine.h"

#include "frame_walk.h"
#include "self_test.h"

namespace greenthreads {

namespace {
constexpr uint32_t kPollEvery = 64;
}

std::unique_ptr<Coroutines> Coroutines::Create(v8::Isolate* isolate,
                                               v8::Local<v8::Context> context,
                                               const std::string& preference,
                                               std::string* why_not) {
  std::unique_ptr<Coroutines> coroutines(new Coroutines(isolate, context));
  std::string reason;
  if (size_t* depth = FindCallbackDepth(isolate, context)) coroutines->callback_depth_ = depth;
  if (!FrameWalk::IsPossible(&reason)) {
    *why_not = "both backends: " + reason;
    return nullptr;
  }
  const bool is_chosen = !preference.empty();
  const std::string chosen = "GREENTHREADS_BACKEND=" + preference;
  if (preference != "thread") {
    coroutines->backend_ = CreateStackBackend(coroutines.get(), &reason);
    if (coroutines->backend_ != nullptr && PassesSelfTest(coroutines.get(), &reason)) {
      coroutines->backend_reason_ = is_chosen ? chosen : "the faster one, and its self-test passed";
      return coroutines;
    }
    *why_not = "stack backend: " + reason;
    if (is_chosen) return nullptr;
  }
  const std::string stack_reason = *why_not;
  coroutines->backend_.reset();
  coroutines->backend_ = CreateThreadBackend(coroutines.get(), &reason);
  if (coroutines->backend_ == nullptr) {
    *why_not += (why_not->empty() ? "" : "; ") + ("thread backend: " + reason);
    return nullptr;
  }
  coroutines->backend_reason_ = is_chosen ? chosen : stack_reason;
  why_not->clear();
  return coroutines;
}

Coroutines::Coroutines(v8::Isolate* isolate, v8::Local<v8::Context> context)
    : isolate_(isolate), context_(isolate, context) {
  // V8 gives up ("archived threads in combination with wasm not supported") when it
  // wants to free replaced WebAssembly code while a stack is suspended.
  v8::V8::SetFlagsFromString("--no-wasm-code-gc");
  main_.status = Status::kRunning;
  continuation_data_guard_.Install(isolate);
}

Coroutines::~Coroutines() { continuation_data_guard_.Remove(isolate_); }

void Coroutines::SetEntry(v8::Local<v8::Function> entry) { entry_.Reset(isolate_, entry); }

Coroutine* Coroutines::New(size_t stack_bytes) {
  if (!has_protected_joins_) ProtectJoinsOfMainRealm();
  if (free_slots_.empty()) {
    slots_.push_back(std::make_unique<Coroutine>());
    slots_.back()->slot = static_cast<int>(slots_.size());
    free_slots_.push_back(slots_.back()->slot);
  }
  Coroutine* coroutine = slots_[free_slots_.back() - 1].get();
  if (!backend_->Acquire(coroutine, stack_bytes)) return nullptr;
  free_slots_.pop_back();
  coroutine->status = Status::kFresh;
  live_++;
  return coroutine;
}

Coroutine* Coroutines::Target(int slot) {
  if (slot < 0 || static_cast<size_t>(slot) > slots_.size()) return nullptr;
  Coroutine* target = slot == 0 ? &main_ : slots_[slot - 1].get();
  const bool is_switchable = target->status == Status::kSuspended ||
                             target->status == Status::kFresh ||
                             target->status == Status::kBlocked;
  return is_switchable ? target : nullptr;
}

int Coroutines::Switch(Coroutine* to, bool is_nested, bool carries_context, bool is_over) {
  Coroutine* from = current_;
  if (from->is_being_destroyed) return kBeingDestroyed;
  if (from == &main_) {
    is_nested = true;
  } else {
    if (WasTerminatedWhilePolling(from)) return kSwitched;
    if (!is_nested) {
      if (const int refusal = FindRefusal(); refusal != kSwitched) return refusal;
    }
  }
  return Exchange(from, to, is_nested, carries_context, is_over);
}

int Coroutines::Rest() {
  Coroutine* from = current_;
  if (from->is_being_destroyed) return kBeingDestroyed;
  if (WasTerminatedWhilePolling(from)) return kSwitched;
  return Exchange(from, from->resumer, false, false, true);
}

int Coroutines::Exchange(Coroutine* from, Coroutine* to, bool is_nested, bool carries_context,
                         [[maybe_unused]] bool is_over) {
#ifdef GT_HAS_CONTINUATION_DATA
  ContinuationData continuation_data = v8::Undefined(isolate_);
  if (!is_over) continuation_data = GetContinuationData(isolate_);
  to->keeps_callers_context = carries_context;
#endif

  Enter(from, to, is_nested);
  backend_->Switch(from, to);
  // Here `from` runs again.
  RecycleEnded();

#ifdef GT_HAS_CONTINUATION_DATA
  if (!from->keeps_callers_context) SetContinuationData(isolate_, continuation_data);
  from->keeps_callers_context = false;
#endif

  if (from->was_terminated) {
    // What we resumed was ended by a termination meant for the whole isolate.
    from->was_terminated = false;
    isolate_->TerminateExecution();
  }
  return from->is_being_destroyed ? kBeingDestroyed : kSwitched;
}

// The bookkeeping of a switch: who returns to whom, and whose callbacks are open.
void Coroutines::Enter(Coroutine* from, Coroutine* to, bool is_nested) {
  const size_t depth = *callback_depth_;
  if (to == &main_ || to == from->resumer) {
    *callback_depth_ = to->saved_callback_depth;  // back to where it was left
  } else {
    const size_t own_depth = to->status == Status::kBlocked
                                 ? to->saved_callback_depth - to->base.callback_depth
                                 : to->saved_callback_depth;
    to->resumer = is_nested ? from : from->resumer;
    to->base = is_nested ? CurrentBase() : from->base;
    *callback_depth_ = to->base.callback_depth + own_depth;
  }
  if (checkpoint_.is_found()) from->checkpoint = checkpoint_.Exchange(to->checkpoint);
  from->saved_callback_depth = is_nested ? depth : depth - from->base.callback_depth;
  from->status = is_nested ? Status::kBlocked : Status::kSuspended;
  to->status = Status::kRunning;
  current_ = to;
}

Base Coroutines::CurrentBase() const {
  return {*callback_depth_, v8::MicrotasksScope::GetCurrentDepth(isolate_),
          v8::MicrotasksScope::IsRunningMicrotasks(isolate_), backend_->InterruptScopes()};
}

int Coroutines::FindRefusal() const {
  const Coroutine* from = current_;
  if (from->is_on_errand) return kInsideNodeApi;
  const Base now = CurrentBase();
  if (now.microtasks_depth != from->base.microtasks_depth ||
      now.interrupt_scopes != from->base.interrupt_scopes) {
    return kInsideMicrotasksScope;
  }
  if (now.is_running_microtasks && !from->base.is_running_microtasks && !checkpoint_.is_found()) {
    return kInsideOwnCheckpoint;
  }
  return FrameWalk::IsNeeded() ? FrameWalk::FindRefusal(backend_->StackTop(from)) : kSwitched;
}

// A termination may have been parked in us while somebody else ran. It shows
// only when JavaScript is called, which a coroutine that just goes round does not do.
bool Coroutines::WasTerminatedWhilePolling(Coroutine* from) {
  if (++from->suspensions % kPollEvery != 0 || !backend_->NeedsInterruptPolling()) return false;
  return !PollInterrupts();
}

v8::MaybeLocal<v8::Value> Coroutines::CallOnMain(v8::Local<v8::Function> fn) {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  if (current_ == &main_ || current_->is_on_errand) {
    return fn->Call(context, v8::Undefined(isolate_), 0, nullptr);
  }
  const v8::Global<v8::Function> kept_fn(isolate_, fn);
  const v8::Global<v8::Context> kept_context(isolate_, context);
  v8::Global<v8::Value> outcome;
  bool has_thrown = false;
  Coroutine* guest = current_;
  guest->is_on_errand = true;
  backend_->RunOnMain(guest, [&] {
    v8::HandleScope handle_scope(isolate_);
    v8::TryCatch try_catch(isolate_);
    v8::Local<v8::Value> result;
    has_thrown = !kept_fn.Get(isolate_)
                      ->Call(kept_context.Get(isolate_), v8::Undefined(isolate_), 0, nullptr)
                      .ToLocal(&result);
    guest->is_on_errand = false;
    if (try_catch.HasTerminated()) {
      try_catch.ReThrow();
      return false;
    }
    outcome.Reset(isolate_, has_thrown ? try_catch.Exception() : result);
    return true;
  });
  if (!has_thrown) return outcome.Get(isolate_);
  if (!outcome.IsEmpty()) isolate_->ThrowException(outcome.Get(isolate_));
  return {};
}

Coroutine* Coroutines::Run(Coroutine* self) {
  v8::HandleScope handle_scope(isolate_);
  // Called through its context, not entered: an entered context is one more list to visit.
  v8::Local<v8::Context> context = context_.Get(isolate_);
  v8::TryCatch try_catch(isolate_);
  v8::Local<v8::Value> slot = v8::Integer::New(isolate_, self->slot);
  // The entry function catches what user code throws: if it does not return by
  // itself, the isolate is being terminated.
  const bool is_terminated =
      EntryOf(self)->Call(context, v8::Undefined(isolate_), 1, &slot).IsEmpty();
  Coroutine* next = self->resumer;
  next->was_terminated = is_terminated;
  *callback_depth_ = next->saved_callback_depth;
  if (checkpoint_.is_found()) checkpoint_.Set(next->checkpoint);
  self->status = Status::kDone;
  next->status = Status::kRunning;
  current_ = next;
  ended_ = self;
  return next;
}

void Coroutines::Destroy(Coroutine* target, bool is_idle) {
  if (is_idle && target->status == Status::kSuspended && backend_->EndsByReturning()) {
    target->is_being_destroyed = true;
    Switch(target, true, false);
  } else {
    Recycle(target);
  }
}

// Interrupts take effect when a function of JavaScript is entered, unless it is
// optimized and calls none. A script is never optimized.
bool Coroutines::PollInterrupts() {
  v8::HandleScope handle_scope(isolate_);
  v8::Local<v8::Context> context = context_.Get(isolate_);
  v8::Context::Scope context_scope(context);
  if (poll_.IsEmpty()) {
    v8::Local<v8::Script> script;
    v8::Local<v8::String> source = v8::String::NewFromUtf8Literal(isolate_, "0");
    if (!v8::Script::Compile(context, source).ToLocal(&script)) return false;
    poll_.Reset(isolate_, script->GetUnboundScript());
  }
  return !poll_.Get(isolate_)->BindToCurrentContext()->Run(context).IsEmpty();
}

void Coroutines::TakeOver(Coroutine* blocked) {
  current_->status = Status::kSuspended;
  blocked->status = Status::kRunning;
  *callback_depth_ = blocked->saved_callback_depth;
  if (checkpoint_.is_found()) current_->checkpoint = checkpoint_.Exchange(blocked->checkpoint);
  current_ = blocked;
}

bool Coroutines::AllowCheckpoints(v8::Local<v8::Context> context, std::string* why_not) {
  return checkpoint_.is_found() || checkpoint_.Find(isolate_, context, why_not);
}

void Coroutines::GiveBack(Coroutine* coroutine) { backend_->GiveBack(coroutine); }

void Coroutines::RecycleEnded() {
  if (ended_ == nullptr) return;
  Coroutine* ended = ended_;
  ended_ = nullptr;
  Recycle(ended);
}

void Coroutines::Recycle(Coroutine* coroutine) {
  backend_->Release(coroutine);
  const int slot = coroutine->slot;
  *coroutine = Coroutine();
  coroutine->slot = slot;
  free_slots_.push_back(slot);
  live_--;
}

void Coroutines::Close() {
  for (auto& coroutine : slots_) {
    if (coroutine->status != Status::kFree) Recycle(coroutine.get());
  }
  backend_->Close();
}

}  // namespace greenthreads
