#include "event_loop.h"

#if defined(__linux__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace greenthreads {

namespace {

void* NodeSymbol(const char* symbol) {
#if defined(__linux__) || defined(__APPLE__)
  return dlsym(RTLD_DEFAULT, symbol);
#else
  (void)symbol;
  return nullptr;
#endif
}

// Of Node's `tickInfo`: whether ticks are scheduled. Read and written on the isolate's own
// OS thread; what happens on the threads of coroutines is no business of Node's.
thread_local uint8_t* has_tick_scheduled = nullptr;
thread_local const intptr_t* microtask_count = nullptr;

void OnCallCompleted(v8::Isolate*) {
  if (has_tick_scheduled != nullptr && *microtask_count > 0) *has_tick_scheduled = 1;
}

// One of Node's internal bindings, made anew. Not all can be, as these two are: `async_wrap`
// would forget its hooks.
v8::MaybeLocal<v8::Value> InternalBinding(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                          const char* name) {
  const v8::FunctionCallback get_internal_binding = NodeFunction(
      "_ZN4node7binding18GetInternalBindingERKN2v820FunctionCallbackInfoINS1_5ValueEEE");
  v8::Local<v8::Function> function;
  if (get_internal_binding == nullptr ||
      !v8::Function::New(context, get_internal_binding).ToLocal(&function)) {
    return {};
  }
  v8::Local<v8::Value> key = v8::String::NewFromUtf8(isolate, name).ToLocalChecked();
  return function->Call(context, v8::Undefined(isolate), 1, &key);
}

v8::Local<v8::Value> PropertyOf(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                v8::Local<v8::Value> object, const char* name) {
  v8::Local<v8::Value> value;
  v8::Local<v8::String> key = v8::String::NewFromUtf8(isolate, name).ToLocalChecked();
  const bool is_there =
      object->IsObject() && object.As<v8::Object>()->Get(context, key).ToLocal(&value);
  return is_there ? value : v8::Undefined(isolate).As<v8::Value>();
}

using EmitFunction = void (*)(node::Environment*, double);

void Emit(const v8::FunctionCallbackInfo<v8::Value>& info, EmitFunction emit) {
  node::Environment* environment =
      node::GetCurrentEnvironment(info.GetIsolate()->GetCurrentContext());
  if (emit == nullptr || environment == nullptr || !info[0]->IsNumber()) return;
  emit(environment, info[0].As<v8::Number>()->Value());
}

}  // namespace

v8::FunctionCallback NodeFunction(const char* symbol) {
  return reinterpret_cast<v8::FunctionCallback>(NodeSymbol(symbol));
}

void EmitBefore(const v8::FunctionCallbackInfo<v8::Value>& info) {
  static const auto emit = reinterpret_cast<EmitFunction>(
      NodeSymbol("_ZN4node9AsyncWrap10EmitBeforeEPNS_11EnvironmentEd"));
  Emit(info, emit);
}

void EmitAfter(const v8::FunctionCallbackInfo<v8::Value>& info) {
  static const auto emit = reinterpret_cast<EmitFunction>(
      NodeSymbol("_ZN4node9AsyncWrap9EmitAfterEPNS_11EnvironmentEd"));
  Emit(info, emit);
}

bool TakeOverTicks(v8::Isolate* isolate, v8::Local<v8::Context> context,
                   v8::Local<v8::Function> tick_callback, const intptr_t* microtasks,
                   std::string* why_not) {
  v8::Local<v8::Value> binding;
  if (!InternalBinding(isolate, context, "task_queue").ToLocal(&binding)) {
    *why_not = "this build of Node does not export node::binding::GetInternalBinding";
    return false;
  }
  v8::Local<v8::Value> tick_info = PropertyOf(isolate, context, binding, "tickInfo");
  v8::Local<v8::Value> set_tick_callback =
      PropertyOf(isolate, context, binding, "setTickCallback");
  if (!tick_info->IsUint8Array() || !set_tick_callback->IsFunction()) {
    *why_not = "Node's binding task_queue has another form";
    return false;
  }
  v8::Local<v8::Uint8Array> flags = tick_info.As<v8::Uint8Array>();
  v8::Local<v8::Value> callback = tick_callback;
  if (set_tick_callback.As<v8::Function>()
          ->Call(context, v8::Undefined(isolate), 1, &callback)
          .IsEmpty()) {
    *why_not = "Node refused the tick callback";
    return false;
  }
  // The array lives as long as the environment does.
  has_tick_scheduled =
      static_cast<uint8_t*>(flags->Buffer()->GetBackingStore()->Data()) + flags->ByteOffset();
  microtask_count = microtasks;
  isolate->AddCallCompletedCallback(OnCallCompleted);
  return true;
}

void ModuleClass(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Value> binding;
  if (!InternalBinding(isolate, context, "module_wrap").ToLocal(&binding)) return;
  info.GetReturnValue().Set(PropertyOf(isolate, context, binding, "ModuleWrap"));
}

void GiveTicksBack() {
  has_tick_scheduled = nullptr;
  microtask_count = nullptr;
}

}  // namespace greenthreads
