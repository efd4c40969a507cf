// What V8 keeps per thread of execution, and how to exchange it.
//
// V8 can hold many suspended threads of execution in one isolate: its Locker
// copies the state of the thread that goes (handle scopes, the chain of entry
// frames, try-catch blocks) into a ThreadState, links that into a list, and the
// collector and the deoptimizer walk every stack in the list. Going through
// Locker costs 200 to 280 ns a switch, most of it mutexes and the debugger's
// scope. This file does the same exchange directly: V8 believes that one thread
// runs all the time, and finds our Records in its list of suspended ones.
//
// It is the only file whose code depends on the V8 version. Nothing is taken on
// trust: at load the layout is compared with what V8 itself archives for the
// main stack, field area by field area; any difference refuses the stack backend.
#pragma once

#include <v8.h>

#include <array>
#include <cstdint>
#include <string>

#include "v8_layout.h"

namespace greenthreads {

#ifdef GT_HAS_V8_LAYOUT

// The words on a suspended stack that point into the young generation, as one number
// for their places and values; 0 if there are none.
struct YoungWords {
  uint64_t references = 0;  // perhaps: they point to where living objects are
  uint64_t remains = 0;     // certainly: they point to where the last collection left none
  uint32_t age = 0;         // of the stack, when they were found
};

// The state of a suspended stack. Begins like V8's ThreadState.
struct Record {
  static constexpr int32_t kMain = 0x67740001;
  static constexpr int32_t kCoroutine = 0x67740002;
  bool IsCoroutine() const { return id == kCoroutine; }

  int32_t id = kMain;  // V8 only compares it with "none"
  char* data = nullptr;
  Record* next = nullptr;
  Record* previous = nullptr;
  void* manager = nullptr;
  // Handle scopes, thread-local top and relocatables, then areas that V8's
  // visitors step over (stack guard) or find empty (debugger).
  alignas(16) char saved[layout::kArchiveBytes] = {};

  void* sp = nullptr;      // where the stack was left
  uint32_t age = 0;        // collections survived since
  uint32_t next_look = 0;  // age at which resting_records.cc looks at it
  YoungWords young_words;  // what it saw there last
};

class V8State {
 public:
  // Finds and verifies everything. Empty `why_not` on success.
  // Call on the isolate's own thread, inside a HandleScope and a Context.
  static V8State Probe(v8::Isolate* isolate, std::string* why_not);

  // A record for a stack on which nothing ran yet. `handle_block` is the room
  // for its first handles (kHandleBlockBytes), which stays ours.
  void InitializeRecord(Record* record, char* handle_block) const;
  // Frees what V8 allocated for the record. The record must not be linked.
  static void FinalizeRecord(Record* record);

  // Shows a record to V8 as a suspended stack.
  void Show(Record* record) const {
    record->age = 0;
    record->next_look = 2;
    record->young_words = {};
    ShowAfter(record, list_head_);
  }

  void ShowAfter(Record* record, Record* neighbour) const {
    record->data = record->saved;
    record->manager = manager_;
    record->next = neighbour->next;
    record->previous = neighbour;
    neighbour->next->previous = record;
    neighbour->next = record;
  }

  // Saves the live state in `record`, as that of a suspended stack.
  void Suspend(Record* record) const {
    CopyOut(record);
    Show(record);
  }

  // Makes the state of a suspended record the live one.
  void Resume(Record* record) const {
    record->next->previous = record->previous;
    record->previous->next = record->next;
    CopyIn(record);
  }

  // Takes a record out of V8's list without running it again.
  static void Forget(Record* record) {
    record->next->previous = record->previous;
    record->previous->next = record->next;
    record->next = record->previous = record;
  }

  struct Words {
    const void* low;
    const void* high;
  };
  // All that a suspended stack refers to: its frames and handles, what was saved of
  // the thread-local top, the contexts that were entered, and those that were left.
  // (Handles that fill more than the first block are not among them.)
  static std::array<Words, 4> References(const Record* record);
  static bool HasMoreHandles(const Record* record);
  // Where its next handle would be.
  static char* HandlesEnd(const Record* record);

  // How often the isolate has been entered and not left: a stack that is dropped
  // may have entered it. Only counted, so the order does not matter.
  int entries() const { return **entry_count_; }

  Record* list_head() const { return list_head_; }
  uintptr_t stack_limit() const { return stack_guard_[0]; }
  // The chain of scopes that postpone or let through interrupts. They live on
  // the stack that opened them, so a stack may not go while it has one open.
  uintptr_t interrupt_scopes() const {
    return stack_guard_[layout::kGuardScopesBytes / sizeof(uintptr_t)];
  }

 private:
  void CopyOut(Record* record) const {
    char* out = record->saved;
    __builtin_memcpy(out, scopes_, layout::kScopesBytes);
    __builtin_memcpy(out + layout::kScopeDataInScopesBytes, scope_data_, layout::kScopeDataBytes);
    // The spare handle block serves whoever runs: it stays.
    __builtin_memset(out + layout::kSpareBlockBytes, 0, sizeof(void*));
    __builtin_memcpy(out + layout::kScopesBytes, top_, layout::kTopBytes);
    __builtin_memcpy(out + layout::kRelocatablesInArchiveBytes, relocatables_, sizeof(void*));
  }

  void CopyIn(const Record* record) const {
    const char* in = record->saved;
    void* spare;
    __builtin_memcpy(&spare, scopes_ + layout::kSpareBlockBytes, sizeof(spare));
    __builtin_memcpy(scopes_, in, layout::kScopesBytes);
    __builtin_memcpy(scopes_ + layout::kSpareBlockBytes, &spare, sizeof(spare));
    __builtin_memcpy(scope_data_, in + layout::kScopeDataInScopesBytes, layout::kScopeDataBytes);
    __builtin_memcpy(top_, in + layout::kScopesBytes, layout::kTopBytes);
    __builtin_memcpy(relocatables_, in + layout::kRelocatablesInArchiveBytes, sizeof(void*));
  }

  // Whether V8 archives the main stack as CopyOut() does. Learns how a new thread begins.
  bool EqualsArchive(v8::Isolate* isolate, std::string* why_not);

  friend class V8Probe;
  char* scopes_ = nullptr;        // HandleScopeImplementer
  char* scope_data_ = nullptr;    // HandleScopeData, in the isolate
  char* top_ = nullptr;           // ThreadLocalTop, in the isolate
  void** relocatables_ = nullptr;  // top of the list of Relocatables, in the isolate
  uintptr_t* stack_guard_ = nullptr;  // StackGuard::ThreadLocal, in the isolate
  int** entry_count_ = nullptr;   // EntryStackItem*, in the isolate; begins with the count
  void* manager_ = nullptr;       // ThreadManager
  Record* list_head_ = nullptr;   // anchor of its list of suspended threads
  char fresh_top_[layout::kTopBytes] = {};  // ThreadLocalTop of a new thread
};

#endif  // GT_HAS_V8_LAYOUT

// The limit below which V8 lets no frame grow on the running stack, 0 if unknown.
uintptr_t ReadStackLimit(v8::Isolate* isolate);

}  // namespace greenthreads
