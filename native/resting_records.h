// Keeps minor collections from visiting stacks on which they have nothing to do.
//
// A minor collection moves young objects only. A suspended stack does not change,
// and what it refers to grows old: after two or three minor collections nothing on
// it is young, and visiting it (1 to 2 us, mostly cache misses) is wasted at every
// further one. So the list of suspended stacks, which V8 walks, has two parts, and
// during a minor collection it ends at the divider:
//
//      V8's anchor -> suspended lately ... -> divider -> resting ... -> V8's anchor
//
// Stacks that rest are likely to stay: what they have touched below their stack
// pointers is given back to the system, so many at a time. A second divider tells
// those that have done so from those that are to.
//
// A stack moves behind the divider only after every word on it has been compared
// with the pages of the young generation. Dead slots of frames keep old addresses for
// good. The half of the young generation that the last collection has emptied tells
// them from references: no living object is there, also none that was pinned. At the
// next collection the halves change places, so that every dead slot shows by then.
// Full collections visit all.
#pragma once

#include "v8_state.h"

#ifdef GT_HAS_V8_LAYOUT

#include <array>
#include <cstdint>
#include <memory>

#include "process_memory.h"

namespace greenthreads {

class RestingRecords {
 public:
  // Gives memory back that a suspended stack does not use.
  using GiveBack = void (*)(const Record*);

  // Null where the pages of the young generation cannot be told apart: then
  // every collection visits every stack.
  static std::unique_ptr<RestingRecords> Create(v8::Isolate* isolate, const V8State& v8_state,
                                                GiveBack give_back);
  ~RestingRecords();
  RestingRecords(const RestingRecords&) = delete;
  RestingRecords& operator=(const RestingRecords&) = delete;

  // How many stacks minor collections do not visit now.
  size_t count() const;

 private:
  RestingRecords(v8::Isolate* isolate, const V8State& v8_state, GiveBack give_back);
  static void OnPrologue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  static void OnEpilogue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  void Hide();
  void Unhide();
  void Age(v8::GCType type);
  void GiveBackSome();
  bool HasReferencesToYoung(Record* record);
  YoungWords FindYoung(const Record* record);
  uintptr_t YoungFlagsOf(uintptr_t address);
  bool BelongsToHeap(const uintptr_t* header) const;

  v8::Isolate* isolate_;
  const uintptr_t isolate_low_;
  const uintptr_t isolate_high_;
  V8State v8_state_;
  const GiveBack give_back_;
  Record divider_;
  Record given_back_;  // the second divider
  Record* hidden_first_ = nullptr;
  Record* hidden_last_ = nullptr;
  MemoryReader reader_;
  // What is known of pages, forgotten at the end of each collection.
  struct Page {
    uintptr_t address = 0;
    uintptr_t young_flags = 0;
  };
  std::array<Page, 1024> pages_;
};

}  // namespace greenthreads

#endif
