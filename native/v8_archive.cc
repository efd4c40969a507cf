// Proves what v8_probe.cc found, against V8 itself, which archives the main stack while
// another OS thread has the isolate: the archive must equal, area by area, what was live before.

#include "v8_state.h"

#ifdef GT_HAS_V8_LAYOUT

#include <cstring>

#include "isolate_visit.h"

namespace greenthreads {

using namespace layout;

bool V8State::EqualsArchive(v8::Isolate* isolate, std::string* why_not) {
  Record expected;
  CopyOut(&expected);
  // The spare block is archived with the rest; CopyOut() leaves it to whoever runs.
  std::memcpy(expected.saved + kSpareBlockBytes, scopes_ + kSpareBlockBytes, sizeof(void*));
  const uintptr_t limit = stack_limit();
  std::memcpy(expected.saved + kGuardInArchiveBytes, &limit, sizeof(limit));
  // Up to the stack guard's limit; what follows in it is not exchanged by us.
  constexpr size_t kComparedBytes = kGuardInArchiveBytes + sizeof(limit);

  bool equal = false;
  const bool has_run = VisitIsolate(isolate, [&] {
    std::memcpy(fresh_top_, top_, kTopBytes);
    for (Record* r = list_head_->next; r != list_head_ && !equal; r = r->next) {
      equal = r->data != nullptr && r->manager == manager_ &&
              std::memcmp(r->data, expected.saved, kComparedBytes) == 0;
    }
  });

  // Two words of a new thread's state belong to the OS thread, which is ours.
  std::memcpy(fresh_top_ + kTopThreadIdBytes, top_ + kTopThreadIdBytes, sizeof(int32_t));
  if (kTopWasmFlagBytes != 0) {
    std::memcpy(fresh_top_ + kTopWasmFlagBytes, top_ + kTopWasmFlagBytes, sizeof(void*));
  }
  if (!has_run) {
    *why_not = "the system gave no thread for the comparison with V8's archive";
  } else if (!equal) {
    *why_not = "V8's archive of a suspended thread has another layout";
  }
  return has_run && equal;
}

}  // namespace greenthreads

#endif
