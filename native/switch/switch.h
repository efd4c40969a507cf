// The stack switch: the only part of the project written in assembly.
//
// Each platform has a file of its own beside this one; binding.gyp picks it.
// A platform without one does not define GT_HAS_SWITCH and gets the thread backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define GT_HAS_SWITCH 1

extern "C" {
// Pushes the callee-saved registers, stores the stack pointer in *save_sp,
// then continues on the stack whose pointer is target_sp. Returns when
// somebody switches back to *save_sp.
void gt_switch_stack(void** save_sp, void* target_sp);

// The bottom frame of a new stack: calls entry(argument), which must not return.
void gt_stack_entry();
}

namespace greenthreads {

// Lays out a new stack so that the first switch to the returned pointer
// calls entry(argument) on it. `top` must be 16-byte aligned.
inline void* PrepareStack(char* top, void (*entry)(void*), void* argument) {
#if defined(__x86_64__)
  //  top ->  0            a return address for unwinders: none
  //          gt_stack_entry
  //          rbp rbx r12 r13 r14 r15   (r12 = argument, r13 = entry)
  //          mxcsr, x87 control word   <- returned
  constexpr uint64_t kDefaultMxcsr = 0x1f80;
  constexpr uint64_t kDefaultX87 = 0x37f;
  void** sp = reinterpret_cast<void**>(top);
  *--sp = nullptr;
  *--sp = reinterpret_cast<void*>(&gt_stack_entry);
  *--sp = nullptr;                           // rbp: end of the frame chain
  *--sp = nullptr;                           // rbx
  *--sp = argument;                          // r12
  *--sp = reinterpret_cast<void*>(entry);    // r13
  *--sp = nullptr;                           // r14
  *--sp = nullptr;                           // r15
  *--sp = reinterpret_cast<void*>(kDefaultMxcsr | (kDefaultX87 << 32));
  return sp;
#else
  // Twenty words: x19..x28, x29, x30, d8..d15 (x19 = argument, x20 = entry).
  constexpr size_t kFrameBytes = 160;
  void** sp = reinterpret_cast<void**>(top - kFrameBytes);
  std::memset(sp, 0, kFrameBytes);
  sp[0] = argument;
  sp[1] = reinterpret_cast<void*>(entry);
  sp[11] = reinterpret_cast<void*>(&gt_stack_entry);
  return sp;
#endif
}

}  // namespace greenthreads
#endif
