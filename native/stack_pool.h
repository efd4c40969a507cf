// Stacks for coroutines, in slabs of many, each with a guard page below it.
#pragma once

#include <cstddef>

namespace greenthreads {

// Space at the low end of a stack that V8's limit leaves untouched. Native code
// that runs without asking V8 for the limit (ICU, OpenSSL, the lazy compiler,
// the collector) needs it: 16 to 32 KiB crashed, 64 KiB never did.
inline constexpr size_t kStackSlackBytes = 64 * 1024;
inline constexpr size_t kMinStackBytes = 128 * 1024;
inline constexpr size_t kMaxStackBytes = size_t{1} << 30;

struct Stack {
  char* base = nullptr;  // the guard page
  size_t size = 0;       // guard page included
  char* top() const { return base + size; }
};

// Takes a stack of at least `bytes` from the pool of the process. Its contents
// are undefined, most of its pages not resident. base == nullptr: no memory.
Stack AcquireStack(size_t bytes);

// Gives the stack's memory back to the system and its address space to the pool.
void ReleaseStack(Stack stack);

// Gives the whole pages in a range of a stack back to the system. They read as zeros then.
void ReleasePages(void* from, void* to);

size_t PageBytes();

}  // namespace greenthreads
