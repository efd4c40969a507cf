// Joins of arrays that are suspended in the middle.
//
// V8 keeps one list per realm of the arrays whose join() is under way, to detect
// cycles, and expects joins to end in the order in which they began. An entry that
// never goes away keeps the list from being thrown away as empty; then the order
// does not matter. So a coroutine begins a join, and is never heard of again.

#include "coroutine.h"
#include "stack_pool.h"
#include "v8_pointer.h"

namespace greenthreads {

void Coroutines::ProtectJoins(v8::Local<v8::Function> join_forever) {
  v8::HandleScope handle_scope(isolate_);
  v8::Local<v8::Context> context = context_.Get(isolate_);
  v8::Local<v8::Value> suspend;
  v8::Local<v8::Value> entry;
  if (!v8::Function::New(context, SuspendInsideJoin, WrapPointer(isolate_, this)).ToLocal(&suspend) ||
      !join_forever->Call(context, v8::Undefined(isolate_), 1, &suspend).ToLocal(&entry)) {
    return;
  }
  join_.Reset(isolate_, entry.As<v8::Function>());
  has_protected_joins_ = true;
  Coroutine* holder = New(kMinStackBytes);
  if (holder == nullptr) return;
  join_holder_ = holder;
  Switch(holder, true, true);
  join_holder_ = nullptr;
  join_.Reset();
  if (backend_->EndsByReturning()) {
    hidden_++;
  } else {
    Recycle(holder);
  }
}

void Coroutines::ProtectJoinsOfMainRealm() {
  constexpr const char kSource[] =
      "suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }";
  v8::HandleScope handle_scope(isolate_);
  v8::Local<v8::Context> context = context_.Get(isolate_);
  v8::Context::Scope context_scope(context);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  if (v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate_, kSource))
          .ToLocal(&script) &&
      script->Run(context).ToLocal(&function)) {
    ProtectJoins(function.As<v8::Function>());
  }
}

void Coroutines::RenewJoinProtection() {
  if (has_protected_joins_) ProtectJoinsOfMainRealm();
}

void Coroutines::SuspendInsideJoin(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* coroutines = static_cast<Coroutines*>(UnwrapPointer(info.Data()));
  coroutines->Switch(coroutines->current_->resumer, false, false);
}

v8::Local<v8::Function> Coroutines::EntryOf(const Coroutine* coroutine) {
  return (coroutine == join_holder_ ? join_ : entry_).Get(isolate_);
}

}  // namespace greenthreads
