#include "frame_walk.h"

#include <node.h>

#include "coroutine.h"

// V8 12 checks that calls of JSON.stringify end in the order in which they began.
#if V8_MAJOR_VERSION == 12
#define GT_WALK_FRAMES 1
#endif

#if defined(GT_WALK_FRAMES) && defined(__linux__)
#include <dlfcn.h>
#include <link.h>

#include <cstdint>

namespace greenthreads {

namespace {

struct CodeRange {
  uintptr_t low = 0;
  uintptr_t high = 0;
};

CodeRange RangeOf(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  if (address == nullptr) return {};
  Dl_info info;
  ElfW(Sym)* entry = nullptr;
  if (dladdr1(address, &info, reinterpret_cast<void**>(&entry), RTLD_DL_SYMENT) == 0 ||
      entry == nullptr) {
    return {};
  }
  const auto low = reinterpret_cast<uintptr_t>(address);
  return {low, low + entry->st_size};
}

const CodeRange& JsonStringify() {
  static const CodeRange range =
      RangeOf("_ZN2v88internal21Builtin_JsonStringifyEiPmPNS0_7IsolateE");
  return range;
}

}  // namespace

bool CanFindRefusals(std::string* why_not) {
  if (JsonStringify().low != JsonStringify().high) return true;
  *why_not = "this build of Node does not export V8's JSON.stringify, which must not be suspended";
  return false;
}

// A frame: { caller's frame pointer, return address }. The chain of a coroutine
// ends at its bottom frame, whose saved frame pointer is null.
int FindRefusingFrame(const char* stack_top) {
  const CodeRange& range = JsonStringify();
  const auto* frame = static_cast<uintptr_t*>(__builtin_frame_address(0));
  while (frame != nullptr) {
    if (frame[1] >= range.low && frame[1] < range.high) return kInsideJsonStringify;
    const auto* caller = reinterpret_cast<uintptr_t*>(frame[0]);
    if (caller == nullptr) return kSwitched;
    if (caller <= frame || reinterpret_cast<const char*>(caller) >= stack_top) {
      // Code without frame pointers lies in between: look at every word that is left.
      for (const uintptr_t* word = frame; reinterpret_cast<const char*>(word) < stack_top; word++) {
        if (*word >= range.low && *word < range.high) return kInsideJsonStringify;
      }
      return kSwitched;
    }
    frame = caller;
  }
  return kSwitched;
}

}  // namespace greenthreads

#elif defined(GT_WALK_FRAMES)

namespace greenthreads {
bool CanFindRefusals(std::string* why_not) {
  *why_not = "on this platform frames inside JSON.stringify cannot be recognised, "
             "which V8 12 does not allow to be suspended: use Node 20, 24 or later";
  return false;
}
int FindRefusingFrame(const char*) { return kSwitched; }
}  // namespace greenthreads

#else

namespace greenthreads {
bool CanFindRefusals(std::string*) { return true; }
int FindRefusingFrame(const char*) { return kSwitched; }
}  // namespace greenthreads

#endif
