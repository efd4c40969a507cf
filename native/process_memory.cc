#include "process_memory.h"

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#if defined(__linux__)
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>
#endif

#include <algorithm>

namespace greenthreads {

size_t AllocationBytes(void* allocation) {
#if defined(__APPLE__)
  return malloc_size(allocation);
#elif defined(_WIN32)
  return _msize(allocation);
#else
  return malloc_usable_size(allocation);
#endif
}

#if defined(__linux__)

MemoryReader::MemoryReader() {
  if (pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) pipe_[0] = pipe_[1] = -1;
}

MemoryReader::~MemoryReader() {
  if (pipe_[0] < 0) return;
  close(pipe_[0]);
  close(pipe_[1]);
}

bool MemoryReader::Read(void* to, const void* from, size_t bytes) const {
  // The kernel answers EFAULT where a load of ours would be a crash.
  if (pipe_[0] < 0) return false;
  const ssize_t written = write(pipe_[1], from, bytes);
  if (written <= 0) return false;
  const ssize_t got = read(pipe_[0], to, static_cast<size_t>(written));
  return got == written && static_cast<size_t>(got) == bytes;
}

namespace {

using StackStartGetter = void* (*)();

struct Module {
  uintptr_t symbol;
  ModuleRange range;
  char* tls = nullptr;
  size_t tls_bytes = 0;
};

int FindModule(dl_phdr_info* info, size_t, void* argument) {
  auto* module = static_cast<Module*>(argument);
  ModuleRange range{UINTPTR_MAX, 0};
  size_t tls_bytes = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type == PT_TLS) tls_bytes = header.p_memsz;
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t low = info->dlpi_addr + header.p_vaddr;
    range.low = std::min(range.low, low);
    range.high = std::max(range.high, low + header.p_memsz);
  }
  if (!range.Contains(module->symbol)) return 0;
  module->range = range;
  module->tls = static_cast<char*>(info->dlpi_tls_data);
  module->tls_bytes = tls_bytes;
  return 1;
}

}  // namespace

ModuleRange ModuleOf(const void* symbol) {
  Module module{reinterpret_cast<uintptr_t>(symbol), {}};
  dl_iterate_phdr(FindModule, &module);
  return module.range;
}

void** FindStackStartWord(std::string* why_not) {
  void* symbol = dlsym(RTLD_DEFAULT, "_ZN2v84base5Stack13GetStackStartEv");
  if (symbol == nullptr) {
    *why_not = "this build of Node does not export v8::base::Stack::GetStackStart()";
    return nullptr;
  }
  auto get_stack_start = reinterpret_cast<StackStartGetter>(symbol);
  void* const start = get_stack_start();

  Module module{reinterpret_cast<uintptr_t>(symbol), {}};
  dl_iterate_phdr(FindModule, &module);
  if (module.tls == nullptr) {
    *why_not = "the thread-local storage of the module that holds V8 was not found";
    return nullptr;
  }

  void* const kMark = reinterpret_cast<void*>(uintptr_t{0x1230});
  void** found = nullptr;
  int hits = 0;
  for (size_t offset = 0; offset + sizeof(void*) <= module.tls_bytes; offset += sizeof(void*)) {
    void* volatile* word = reinterpret_cast<void* volatile*>(module.tls + offset);
    if (*word != start) continue;
    *word = kMark;
    const bool is_it = get_stack_start() == kMark;
    *word = start;
    if (!is_it) continue;
    hits++;
    found = const_cast<void**>(word);
  }
  if (hits != 1) {
    *why_not = "V8's thread-local stack start was found " + std::to_string(hits) + " times, not once";
    return nullptr;
  }
  return found;
}

#endif

}  // namespace greenthreads
