// The binding: what TypeScript sees. Its contract is src/binding/addon.ts.

#include <node.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "blocking_monitor.h"
#include "coroutine.h"
#include "event_loop.h"
#include "frame_walk.h"
#include "microtasks.h"
#include "node_state.h"
#include "stack_pool.h"
#include "v8_pointer.h"

#if defined(__linux__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace greenthreads {

namespace {

using v8::FunctionCallback;
using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::Object;
using v8::Value;

Coroutines* StateOf(const FunctionCallbackInfo<Value>& info) {
  return static_cast<Coroutines*>(UnwrapPointer(info.Data()));
}

Local<v8::String> String(Isolate* isolate, const std::string& text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

void Throw(Isolate* isolate, const std::string& message) {
  isolate->ThrowException(v8::Exception::Error(String(isolate, message)));
}

Coroutine* TargetOf(const FunctionCallbackInfo<Value>& info) {
  const int slot = info[0]->IsInt32() ? info[0].As<v8::Int32>()->Value() : -1;
  Coroutine* target = StateOf(info)->Target(slot);
  if (target == nullptr) {
    Throw(info.GetIsolate(), "slot " + std::to_string(slot) +
                                 " holds nothing that can be switched to: a bug in greenthreads");
  }
  return target;
}

void Initialize(const FunctionCallbackInfo<Value>& info) {
  if (!info[0]->IsFunction()) return Throw(info.GetIsolate(), "initialize(entry) takes a function");
  StateOf(info)->SetEntry(info[0].As<v8::Function>());
}

void Create(const FunctionCallbackInfo<Value>& info) {
  const double bytes = info[0]->IsNumber() ? info[0].As<v8::Number>()->Value() : 0;
  if (!(bytes >= kMinStackBytes && bytes <= kMaxStackBytes)) {
    return Throw(info.GetIsolate(), "a stack has " + std::to_string(kMinStackBytes) + " to " +
                                        std::to_string(kMaxStackBytes) + " bytes, not " +
                                        std::to_string(bytes));
  }
  Coroutine* coroutine = StateOf(info)->New(static_cast<size_t>(bytes));
  if (coroutine == nullptr) {
    return Throw(info.GetIsolate(), "the system gave no memory or thread for stack number " +
                                        std::to_string(StateOf(info)->live() + 1));
  }
  info.GetReturnValue().Set(coroutine->slot);
}

void SwitchTo(const FunctionCallbackInfo<Value>& info) {
  Coroutine* target = TargetOf(info);
  if (target == nullptr) return;
  const bool carries_context = info[1]->IsTrue();
  const bool is_nested = info[2]->IsTrue();
  const bool is_over = info[3]->IsTrue();
  info.GetReturnValue().Set(StateOf(info)->Switch(target, is_nested, carries_context, is_over));
}

// What callbacks of the event loop begin and end with, several times for each: no flags to be read.
void Visit(const FunctionCallbackInfo<Value>& info) {
  Coroutine* target = TargetOf(info);
  if (target != nullptr) info.GetReturnValue().Set(StateOf(info)->Switch(target, true, true));
}

void Rest(const FunctionCallbackInfo<Value>& info) {
  Coroutines* state = StateOf(info);
  if (state->current() == state->main()) {
    return Throw(info.GetIsolate(), "the main stack cannot rest: a bug in greenthreads");
  }
  info.GetReturnValue().Set(state->Rest());
}

void FindRefusal(const FunctionCallbackInfo<Value>& info) {
  Coroutines* state = StateOf(info);
  info.GetReturnValue().Set(state->current() == state->main() ? 0 : state->FindRefusal());
}

void CallOnMain(const FunctionCallbackInfo<Value>& info) {
  if (!info[0]->IsFunction()) return Throw(info.GetIsolate(), "callOnMain(fn) takes a function");
  Local<Value> result;
  if (StateOf(info)->CallOnMain(info[0].As<v8::Function>()).ToLocal(&result)) {
    info.GetReturnValue().Set(result);
  }
}

void Destroy(const FunctionCallbackInfo<Value>& info) {
  Coroutine* target = TargetOf(info);
  if (target == nullptr) return;
  if (target->slot == 0) return Throw(info.GetIsolate(), "the main stack cannot be destroyed");
  StateOf(info)->Destroy(target, info[1]->IsTrue());
}

void ProtectJoins(const FunctionCallbackInfo<Value>& info) {
  if (!info[0]->IsFunction()) return Throw(info.GetIsolate(), "protectJoins() takes a function");
  StateOf(info)->ProtectJoins(info[0].As<v8::Function>());
}

void RenewJoinProtection(const FunctionCallbackInfo<Value>& info) {
  StateOf(info)->RenewJoinProtection();
}

void GiveBack(const FunctionCallbackInfo<Value>& info) {
  Coroutine* target = TargetOf(info);
  if (target != nullptr && target->slot != 0) StateOf(info)->GiveBack(target);
}

void RunTicks(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsFunction()) return Throw(isolate, "runTicks(callback) takes a function");
  Local<v8::Context> context = isolate->GetCurrentContext();
  std::string why_not;
  if (!StateOf(info)->AllowCheckpoints(context, &why_not) ||
      !TakeOverTicks(isolate, context, info[0].As<v8::Function>(),
                     StateOf(info)->microtask_count(), &why_not)) {
    Throw(isolate, why_not);
  }
}

void LiveStacks(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(static_cast<double>(StateOf(info)->live()));
}

void ExpectNodeApi(const FunctionCallbackInfo<Value>&) { FrameWalk::ExpectNodeApi(); }

void Info(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  Local<Object> result = Object::New(isolate);
  const auto set = [&](const char* name, Local<Value> value) {
    result->Set(context, String(isolate, name), value).Check();
  };
  Coroutines* state = StateOf(info);
  set("current", v8::Integer::New(isolate, state->current()->slot));
  set("stacks", v8::Number::New(isolate, static_cast<double>(state->all_stacks())));
  set("restingStacks",
      v8::Number::New(isolate, static_cast<double>(state->backend().RestingStacks())));
  set("callbackDepth", v8::Number::New(isolate, static_cast<double>(state->callback_depth())));
  set("microtasksDepth",
      v8::Integer::New(isolate, v8::MicrotasksScope::GetCurrentDepth(isolate)));
  set("runningMicrotasks",
      v8::Boolean::New(isolate, v8::MicrotasksScope::IsRunningMicrotasks(isolate)));
  info.GetReturnValue().Set(result);
}

// A view of memory that V8 or Node owns for as long as the environment lives: reading
// it costs less than a call. Undefined where it was not found.
template <typename View, typename Word>
Local<Value> ViewOf(Isolate* isolate, const Word* words, size_t count) {
  if (words == nullptr) return v8::Undefined(isolate);
  std::unique_ptr<v8::BackingStore> memory =
      v8::ArrayBuffer::NewBackingStore(const_cast<Word*>(words), count * sizeof(Word),
                                       v8::BackingStore::EmptyDeleter, nullptr);
  return View::New(v8::ArrayBuffer::New(isolate, std::move(memory)), 0, count);
}

// Node unloads an addon with the last worker that used it. Stacks in the pool, and
// OS threads that end a little later than their worker, still need this code.
void StayLoaded() {
#if defined(__linux__) || defined(__APPLE__)
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&StayLoaded), &self) != 0) {
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
#endif
}

void OnEnvironmentExit(void* state) {
  auto* coroutines = static_cast<Coroutines*>(state);
  GiveTicksBack();
  // Inside a coroutine this would saw off the branch it sits on. Node never does that:
  // process.exit() runs no hooks, and in a worker it first ends what runs.
  if (coroutines->current() != coroutines->main()) return;
  coroutines->Close();
  delete coroutines;
}

}  // namespace

void InitializeAddon(Local<Object> exports, Local<v8::Context> context) {
#if NODE_MODULE_VERSION >= 147
  Isolate* isolate = Isolate::GetCurrent();
#else
  Isolate* isolate = context->GetIsolate();
#endif
  const char* preference = std::getenv("GREENTHREADS_BACKEND");
  const std::string wanted = preference == nullptr ? "" : preference;
  if (!wanted.empty() && wanted != "stack" && wanted != "thread") {
    return Throw(isolate, "GREENTHREADS_BACKEND is \"" + wanted +
                              "\"; it can be \"stack\" or \"thread\", or unset");
  }
  StayLoaded();
  std::string why_not;
  std::unique_ptr<Coroutines> coroutines =
      Coroutines::Create(isolate, context, wanted, &why_not);
  if (coroutines == nullptr) return Throw(isolate, why_not);

  Coroutines* state = coroutines.release();
  node::AddEnvironmentCleanupHook(isolate, OnEnvironmentExit, state);

  const auto set = [&](const char* name, Local<Value> value) {
    exports->Set(context, String(isolate, name), value).Check();
  };
  const auto set_function = [&](const char* name, FunctionCallback callback) {
    if (callback == nullptr) return;
    set(name, v8::FunctionTemplate::New(isolate, callback, WrapPointer(isolate, state))
                  ->GetFunction(context)
                  .ToLocalChecked());
  };
  set("backend", String(isolate, state->backend().name()));
  set("backendReason", String(isolate, state->backend_reason()));
  set("countsCallbacks", v8::Boolean::New(isolate, state->counts_callbacks()));
  MicrotaskCheckpoint microtasks;
  std::string ignored;  // whoever needs more than a view asks again
  (void)microtasks.Find(isolate, context, &ignored);
  const AsyncTables tables = FindAsyncTables(isolate, context);
  set("pendingMicrotasks",
      ViewOf<v8::Int32Array>(isolate, reinterpret_cast<const int32_t*>(microtasks.length()), 1));
  set("asyncIds", ViewOf<v8::Float64Array>(isolate, tables.ids, AsyncTables::kIds));
  set("asyncHooks", ViewOf<v8::Uint32Array>(isolate, tables.fields, AsyncTables::kFields));
  set_function("initialize", Initialize);
  set_function("create", Create);
  set_function("switchTo", SwitchTo);
  set_function("visit", Visit);
  set_function("rest", Rest);
  set_function("callOnMain", CallOnMain);
  set_function("findRefusal", FindRefusal);
  set_function("destroy", Destroy);
  set_function("protectJoins", ProtectJoins);
  set_function("renewJoinProtection", RenewJoinProtection);
  set_function("giveBack", GiveBack);
  set_function("runTicks", RunTicks);
  set_function("liveStacks", LiveStacks);
  set_function("expectNodeApi", ExpectNodeApi);
  set_function("info", Info);
  set_function("moduleClass", ModuleClass);
  AddBlockingMonitor(isolate, context, exports);
  set_function("emitBefore", EmitBefore);
  set_function("emitAfter", EmitAfter);
  set_function("setCallbackTrampoline",
               NodeFunction("_ZN4node9AsyncWrap21SetCallbackTrampolineERKN2v820FunctionCallbackInfoINS"
                            "1_5ValueEEE"));
  set_function("pushAsyncContext",
               NodeFunction("_ZN4node9AsyncWrap16PushAsyncContextERKN2v820FunctionCallbackInfoINS1_"
                            "5ValueEEE"));
  set_function("popAsyncContext",
               NodeFunction("_ZN4node9AsyncWrap15PopAsyncContextERKN2v820FunctionCallbackInfoINS1_"
                            "5ValueEEE"));
}

}  // namespace greenthreads

NODE_MODULE_INIT(/* exports, module, context */) { greenthreads::InitializeAddon(exports, context); }
