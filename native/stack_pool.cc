#include "stack_pool.h"

#if defined(__linux__)

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13
#endif

namespace greenthreads {
namespace {

constexpr size_t kStacksPerSlab = 64;
// A slab of huge stacks would reserve an absurd range; those come one by one.
constexpr size_t kMaxSlabBytes = size_t{1} << 30;

std::mutex pool_mutex;

// Free stacks by size. Never destroyed: stacks come back from threads that
// may outlive static destructors.
std::map<size_t, std::vector<char*>>& FreeStacks() {
  static auto* free_stacks = new std::map<size_t, std::vector<char*>>;
  return *free_stacks;
}

// A guard that leaves the mapping in one piece: with mprotect each stack costs
// two mappings, and a process may have 65,530 (vm.max_map_count).
bool InstallGuard(char* page) {
  static bool madvise_works = true;
  if (madvise_works) {
    if (madvise(page, PageBytes(), MADV_GUARD_INSTALL) == 0) return true;
    madvise_works = false;
  }
  return mprotect(page, PageBytes(), PROT_NONE) == 0;
}

bool MapSlab(size_t stack_size, std::vector<char*>& free_stacks) {
  const size_t count =
      std::clamp(kMaxSlabBytes / stack_size, size_t{1}, kStacksPerSlab);
  const size_t bytes = count * stack_size;
  void* slab = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slab == MAP_FAILED) return false;
  // A huge page would make the first touch of a stack cost 2 MiB.
  madvise(slab, bytes, MADV_NOHUGEPAGE);
  char* base = static_cast<char*>(slab);
  for (size_t i = 0; i < count; i++) {
    if (!InstallGuard(base + i * stack_size)) {
      munmap(slab, bytes);
      return false;
    }
  }
  free_stacks.reserve(free_stacks.size() + count);
  for (size_t i = count; i-- > 0;) free_stacks.push_back(base + i * stack_size);
  return true;
}

}  // namespace

size_t PageBytes() {
  static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

Stack AcquireStack(size_t bytes) {
  const size_t page = PageBytes();
  const size_t size = (bytes + page - 1) / page * page + page;
  std::lock_guard<std::mutex> lock(pool_mutex);
  auto& free_stacks = FreeStacks()[size];
  if (free_stacks.empty() && !MapSlab(size, free_stacks)) return {};
  Stack stack{free_stacks.back(), size};
  free_stacks.pop_back();
  return stack;
}

void ReleaseStack(Stack stack) {
  ReleasePages(stack.base + PageBytes(), stack.top());
  std::lock_guard<std::mutex> lock(pool_mutex);
  FreeStacks()[stack.size].push_back(stack.base);
}

void ReleasePages(void* from, void* to) {
  const uintptr_t offsets = PageBytes() - 1;
  const uintptr_t low = (reinterpret_cast<uintptr_t>(from) + offsets) & ~offsets;
  const uintptr_t high = reinterpret_cast<uintptr_t>(to) & ~offsets;
  if (low < high) madvise(reinterpret_cast<void*>(low), high - low, MADV_DONTNEED);
}

}  // namespace greenthreads

#endif
