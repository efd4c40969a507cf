// Notices from an OS thread of its own when the event loop does not turn, and takes the
// JavaScript stack of what holds it up, by an interrupt, while it does.
#pragma once

#include <node.h>

namespace greenthreads {

// Adds to the exports, for src/binding/addon.ts:
//   startMonitor(thresholdMs, descriptor): id, or 0 when the system has no thread to give
//   beat(id): the event loop turns; [milliseconds, stack] of what has held it up before, if anything
//   stopMonitor(id)
void AddBlockingMonitor(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Object> exports);

}  // namespace greenthreads
