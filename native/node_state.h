// What Node and V8 keep per isolate that must follow a coroutine across a switch.
#pragma once

#include <node.h>

#include <cstddef>

namespace greenthreads {

// Node counts how deep it is inside callbacks that native code made; ticks and
// microtasks are drained only when the outermost one ends. A coroutine that is
// suspended inside such a callback must take its share of the count along, or
// nothing drains any more. Returns nullptr unless exactly one word behaves like the
// counter when public CallbackScopes are opened.
size_t* FindCallbackDepth(v8::Isolate* isolate, v8::Local<v8::Context> context);

// Node's tables of async hooks, which its own JavaScript writes to as well.
struct AsyncTables {
  static constexpr size_t kIds = 2;     // execution async id, trigger async id
  static constexpr size_t kFields = 8;  // counts of hooks (init, before, after ...)
  static constexpr size_t kCheck = 6;   // how many want the ids to be checked
  static constexpr size_t kDepth = 7;   // how many scopes are entered
  double* ids = nullptr;
  uint32_t* fields = nullptr;
};

// Both are nullptr unless each is the only one, of what the environment points to, that
// follows the ids and the depth when public CallbackScopes are opened.
AsyncTables FindAsyncTables(v8::Isolate* isolate, v8::Local<v8::Context> context);

// AsyncLocalStorage's slot on Node 24 and later (22 with its flag): one per
// isolate, so each stack carries its own value over a switch.
#if NODE_MODULE_VERSION >= 147
using ContinuationData = v8::Local<v8::Data>;
inline ContinuationData GetContinuationData(v8::Isolate* isolate) {
  return isolate->GetContinuationPreservedEmbedderDataV2();
}
inline void SetContinuationData(v8::Isolate* isolate, ContinuationData data) {
  isolate->SetContinuationPreservedEmbedderDataV2(data);
}
#define GT_HAS_CONTINUATION_DATA 1
#elif NODE_MODULE_VERSION >= 127
using ContinuationData = v8::Local<v8::Value>;
inline ContinuationData GetContinuationData(v8::Isolate* isolate) {
  return isolate->GetContinuationPreservedEmbedderData();
}
inline void SetContinuationData(v8::Isolate* isolate, ContinuationData data) {
  isolate->SetContinuationPreservedEmbedderData(data);
}
#define GT_HAS_CONTINUATION_DATA 1
#endif

// The scavenger visits that slot once per entry of V8's list of suspended threads, the
// divider of resting_records.h among them, which is there before the first stack is. It
// would move a young value twice. While it runs the value waits in a Global instead.
class ContinuationDataGuard {
 public:
  void Install(v8::Isolate* isolate);
  void Remove(v8::Isolate* isolate);

 private:
#ifdef GT_HAS_CONTINUATION_DATA
  static void OnPrologue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  static void OnEpilogue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
#if NODE_MODULE_VERSION >= 147
  v8::Global<v8::Data> parked_;
#else
  v8::Global<v8::Value> parked_;
#endif
#endif
};

}  // namespace greenthreads
