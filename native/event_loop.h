// What Node calls when the event loop has something to do.
#pragma once

#include <node.h>

#include <cstdint>
#include <string>

namespace greenthreads {

// A function of Node's that is exported without a declaration; nullptr where it is not.
v8::FunctionCallback NodeFunction(const char* symbol);

// Lets `tick_callback` do what Node does when a callback of native code has ended: run
// ticks, microtasks, and what is left of refused promises. Node would run microtasks by
// itself when no tick is scheduled; so the flag that says so is set when JavaScript returns
// to native code and has left some. False, with a reason, where Node's functions are not found.
bool TakeOverTicks(v8::Isolate* isolate, v8::Local<v8::Context> context,
                   v8::Local<v8::Function> tick_callback, const intptr_t* microtasks,
                   std::string* why_not);
// The environment goes away, and the flag with it.
void GiveTicksBack();

// What async hooks listen to: emitBefore(asyncId) and emitAfter(asyncId). Nothing happens
// where Node does not export its own.
void EmitBefore(const v8::FunctionCallbackInfo<v8::Value>& info);
void EmitAfter(const v8::FunctionCallbackInfo<v8::Value>& info);

// moduleClass(): Node's class of ES modules, which it hands to nobody. Undefined where it is
// not found.
void ModuleClass(const v8::FunctionCallbackInfo<v8::Value>& info);

}  // namespace greenthreads
