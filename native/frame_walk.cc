#include "frame_walk.h"

#include <v8-version.h>

#include "coroutine.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#endif

namespace greenthreads {

namespace {

// V8 12 checks that calls of JSON.stringify end in the order in which they began.
constexpr bool kOrdersJsonStringify = V8_MAJOR_VERSION == 12;

}  // namespace

bool FrameWalk::is_needed_ = kOrdersJsonStringify;

#if defined(__linux__)

namespace {

struct CodeRange {
  uintptr_t low = 0;
  uintptr_t high = 0;
  bool Contains(uintptr_t address) const { return address >= low && address < high; }
};

// Functions that lie close together, so that one comparison excludes them all.
struct Group {
  int refusal;
  CodeRange hull = {};
  CodeRange functions[16] = {};
  size_t count = 0;

  bool Contains(uintptr_t address) const {
    if (!hull.Contains(address)) return false;
    for (size_t i = 0; i < count; i++) {
      if (functions[i].Contains(address)) return true;
    }
    return false;
  }
};

// Filled while the process has one thread that can suspend, read afterwards.
Group json_stringify{kInsideJsonStringify};
Group node_api{kInsideNodeApi};

bool Add(Group* group, const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  if (address == nullptr) return false;
  Dl_info info;
  ElfW(Sym)* entry = nullptr;
  if (dladdr1(address, &info, reinterpret_cast<void**>(&entry), RTLD_DL_SYMENT) == 0 ||
      entry == nullptr || entry->st_size == 0) {
    return false;
  }
  const auto low = reinterpret_cast<uintptr_t>(address);
  const uintptr_t high = low + entry->st_size;
  CodeRange& hull = group->hull;
  hull = group->count == 0 ? CodeRange{low, high}
                           : CodeRange{std::min(hull.low, low), std::max(hull.high, high)};
  group->functions[group->count++] = {low, high};
  return true;
}

// Whatever in Node-API can run JavaScript. Node counts the handle scopes that an
// addon holds open and aborts when they are not closed in order.
bool AddNodeApi() {
  bool all_found = true;
  for (const char* symbol :
       {"napi_call_function", "napi_make_callback", "napi_new_instance", "napi_run_script",
        "napi_get_property", "napi_set_property", "napi_get_named_property",
        "napi_set_named_property", "napi_get_element", "napi_set_element", "napi_instanceof",
        "napi_coerce_to_string", "napi_coerce_to_number", "napi_get_property_names"}) {
    all_found = Add(&node_api, symbol) && all_found;
  }
  return all_found;
}

int CountAddons(dl_phdr_info* info, size_t, void* count) {
  const size_t length = std::strlen(info->dlpi_name);
  if (length > 5 && std::strcmp(info->dlpi_name + length - 5, ".node") == 0) {
    ++*static_cast<int*>(count);
  }
  return 0;
}

bool Prepare() {
  const bool all_found =
      AddNodeApi() &&
      (!kOrdersJsonStringify ||
       Add(&json_stringify, "_ZN2v88internal21Builtin_JsonStringifyEiPmPNS0_7IsolateE"));
  int addons = 0;
  dl_iterate_phdr(CountAddons, &addons);
  if (addons > 1) FrameWalk::ExpectNodeApi();
  return all_found;
}

int RefusalOf(uintptr_t address) {
  if (json_stringify.Contains(address)) return json_stringify.refusal;
  if (node_api.Contains(address)) return node_api.refusal;
  return kSwitched;
}

}  // namespace

bool FrameWalk::IsPossible(std::string* why_not) {
  static const bool is_prepared = Prepare();
  if (!is_prepared) {
    *why_not = "this build of Node does not export the functions that must not be suspended";
  }
  return is_prepared;
}

void FrameWalk::ExpectNodeApi() { is_needed_ = true; }

// A frame: { caller's frame pointer, return address }. The chain of a coroutine
// ends at its bottom frame, whose saved frame pointer is null.
int FrameWalk::FindRefusal(const char* stack_top) {
  const auto* top = reinterpret_cast<const uintptr_t*>(stack_top);
  const auto* frame = static_cast<uintptr_t*>(__builtin_frame_address(0));
  for (;;) {
    if (const int refusal = RefusalOf(frame[1]); refusal != kSwitched) return refusal;
    const auto* caller = reinterpret_cast<uintptr_t*>(frame[0]);
    if (caller == nullptr) return kSwitched;
    if (caller <= frame || caller >= top) break;
    frame = caller;
  }
  // Code without frame pointers lies in between: look at every word that is left.
  for (const uintptr_t* word = frame; word < top; word++) {
    if (const int refusal = RefusalOf(*word); refusal != kSwitched) return refusal;
  }
  return kSwitched;
}

#else

bool FrameWalk::IsPossible(std::string* why_not) {
  if (!kOrdersJsonStringify) return true;
  *why_not =
      "on this platform a call of JSON.stringify cannot be recognised on the stack, which "
      "V8 12 does not allow to be suspended: use Node 20, 24 or later";
  return false;
}

void FrameWalk::ExpectNodeApi() {}

int FrameWalk::FindRefusal(const char*) { return kSwitched; }

#endif

}  // namespace greenthreads
