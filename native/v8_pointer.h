// A pointer of ours as a JavaScript value, to be the data of a native function.
#pragma once

#include <v8.h>

namespace greenthreads {

#if V8_MAJOR_VERSION >= 14
inline v8::Local<v8::Value> WrapPointer(v8::Isolate* isolate, void* pointer) {
  return v8::External::New(isolate, pointer, v8::kExternalPointerTypeTagDefault);
}
inline void* UnwrapPointer(v8::Local<v8::Value> value) {
  return value.As<v8::External>()->Value(v8::kExternalPointerTypeTagDefault);
}
#else
inline v8::Local<v8::Value> WrapPointer(v8::Isolate* isolate, void* pointer) {
  return v8::External::New(isolate, pointer);
}
inline void* UnwrapPointer(v8::Local<v8::Value> value) { return value.As<v8::External>()->Value(); }
#endif

}  // namespace greenthreads
