// Looking at memory whose shape we do not control.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace greenthreads {

// Bytes usable behind a pointer that came from the allocator; 0 if unknown.
size_t AllocationBytes(void* allocation);

// Reads memory that may not be mapped, without a fault.
class MemoryReader {
 public:
  MemoryReader();
  ~MemoryReader();
  MemoryReader(const MemoryReader&) = delete;
  MemoryReader& operator=(const MemoryReader&) = delete;
  bool Read(void* to, const void* from, size_t bytes) const;

 private:
  int pipe_[2] = {-1, -1};
};

// The address range of the program or library that contains `symbol`. Pointers
// into it are code and constants.
struct ModuleRange {
  uintptr_t low = 0;
  uintptr_t high = 0;
  bool Contains(uintptr_t p) const { return p >= low && p < high; }
};
ModuleRange ModuleOf(const void* symbol);

// V8's thread-local pointer to the top of the running OS thread's stack, for
// the calling thread. Returns nullptr and a reason unless exactly one is found.
void** FindStackStartWord(std::string* why_not);

}  // namespace greenthreads
