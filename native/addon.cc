// The binding: what TypeScript sees. Its contract is src/binding/addon.ts.

#include <node.h>

#include <cstdlib>
#include <string>

#include "coroutine.h"
#include "frame_walk.h"
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
  info.GetReturnValue().Set(StateOf(info)->Switch(target, is_nested, carries_context));
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
  set("callbackDepth", v8::Number::New(isolate, static_cast<double>(state->callback_depth())));
  set("microtasksDepth",
      v8::Integer::New(isolate, v8::MicrotasksScope::GetCurrentDepth(isolate)));
  set("runningMicrotasks",
      v8::Boolean::New(isolate, v8::MicrotasksScope::IsRunningMicrotasks(isolate)));
  info.GetReturnValue().Set(result);
}

// Node's own functions that push and pop the ids of async_hooks.
FunctionCallback NodeFunction(const char* symbol) {
#if defined(__linux__) || defined(__APPLE__)
  return reinterpret_cast<FunctionCallback>(dlsym(RTLD_DEFAULT, symbol));
#else
  (void)symbol;
  return nullptr;
#endif
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
  coroutines->Close();
  // Inside a coroutine this code would saw off the branch it sits on.
  if (coroutines->current() == coroutines->main()) delete coroutines;
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
  set_function("initialize", Initialize);
  set_function("create", Create);
  set_function("switchTo", SwitchTo);
  set_function("destroy", Destroy);
  set_function("protectJoins", ProtectJoins);
  set_function("renewJoinProtection", RenewJoinProtection);
  set_function("giveBack", GiveBack);
  set_function("liveStacks", LiveStacks);
  set_function("expectNodeApi", ExpectNodeApi);
  set_function("info", Info);
  set_function("pushAsyncContext",
               NodeFunction("_ZN4node9AsyncWrap16PushAsyncContextERKN2v820FunctionCallbackInfoINS1_"
                            "5ValueEEE"));
  set_function("popAsyncContext",
               NodeFunction("_ZN4node9AsyncWrap15PopAsyncContextERKN2v820FunctionCallbackInfoINS1_"
                            "5ValueEEE"));
}

}  // namespace greenthreads

NODE_MODULE_INIT(/* exports, module, context */) { greenthreads::InitializeAddon(exports, context); }
