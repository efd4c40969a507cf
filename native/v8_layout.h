// Sizes and offsets, in bytes, of what V8 archives when a thread is suspended.
//
// An archive is: HandleScopeImplementer, ThreadLocalTop, Relocatable*,
// StackGuard::ThreadLocal, Debug::ThreadLocal. Node keeps V8's layout fixed
// within a release line (NODE_MODULE_VERSION); v8_probe.cc checks it at load.
#pragma once

#include <v8-version.h>

#include <cstddef>

namespace greenthreads {
// v8::kGCTypeScavenge, and the other minor collector, whose name has changed.
inline constexpr int kMinorCollections = 1 | 2;
}  // namespace greenthreads

// Where there is no stack switch nobody needs it.
#if defined(__linux__) && defined(__LP64__)
#if V8_MAJOR_VERSION == 11 && V8_MINOR_VERSION == 3    // Node 20
#define GT_HAS_V8_LAYOUT 1
namespace greenthreads::layout {
inline constexpr size_t kScopesBytes = 0x98;             // HandleScopeImplementer
inline constexpr size_t kScopeVectors = 4;               // blocks, entered, microtask flags, saved
inline constexpr size_t kSpareBlockBytes = 0x68;         // .spare_
inline constexpr size_t kScopeDataInScopesBytes = 0x78;  // .handle_scope_data_
inline constexpr size_t kScopeDataBytes = 0x20;          // HandleScopeData
inline constexpr size_t kTopBytes = 0xc8;                // ThreadLocalTop
inline constexpr size_t kTopTryCatchBytes = 0x00;        // .try_catch_handler_
inline constexpr size_t kTopIsolateBytes = 0x08;         // .isolate_
inline constexpr size_t kTopThreadIdBytes = 0x18;        // .thread_id_
inline constexpr size_t kTopWasmFlagBytes = 0xc0;        // .thread_in_wasm_flag_address_
inline constexpr size_t kTopExitFrameBytes = 0x78;       // .c_entry_fp_
inline constexpr size_t kGuardBytes = 0x30;              // StackGuard::ThreadLocal
inline constexpr size_t kGuardScopesBytes = 0x20;        // .interrupt_scopes_
inline constexpr size_t kDebugBytes = 0x58;              // Debug::ThreadLocal
inline constexpr bool kTopEndsAtScopeData = false;
inline constexpr size_t kPageFlagsBytes = 8;             // in the header of a heap page
}  // namespace greenthreads::layout
#elif V8_MAJOR_VERSION == 12 && V8_MINOR_VERSION == 4  // Node 22
#define GT_HAS_V8_LAYOUT 1
namespace greenthreads::layout {
inline constexpr size_t kScopesBytes = 0x78;
inline constexpr size_t kScopeVectors = 3;               // blocks, entered, saved
inline constexpr size_t kSpareBlockBytes = 0x50;
inline constexpr size_t kScopeDataInScopesBytes = 0x60;
inline constexpr size_t kScopeDataBytes = 0x18;
inline constexpr size_t kTopBytes = 0xf0;
inline constexpr size_t kTopTryCatchBytes = 0x58;
inline constexpr size_t kTopIsolateBytes = 0x60;
inline constexpr size_t kTopThreadIdBytes = 0x68;
inline constexpr size_t kTopWasmFlagBytes = 0xc8;
inline constexpr size_t kTopExitFrameBytes = 0x00;
inline constexpr size_t kGuardBytes = 0x38;
inline constexpr size_t kGuardScopesBytes = 0x28;
inline constexpr size_t kDebugBytes = 0x58;
inline constexpr bool kTopEndsAtScopeData = true;
inline constexpr size_t kPageFlagsBytes = 0;
}  // namespace greenthreads::layout
#elif V8_MAJOR_VERSION == 13 && V8_MINOR_VERSION == 6  // Node 24
#define GT_HAS_V8_LAYOUT 1
namespace greenthreads::layout {
inline constexpr size_t kScopesBytes = 0x80;
inline constexpr size_t kScopeVectors = 3;
inline constexpr size_t kSpareBlockBytes = 0x50;
inline constexpr size_t kScopeDataInScopesBytes = 0x68;
inline constexpr size_t kScopeDataBytes = 0x18;
inline constexpr size_t kTopBytes = 0xf0;
inline constexpr size_t kTopTryCatchBytes = 0x58;
inline constexpr size_t kTopIsolateBytes = 0x60;
inline constexpr size_t kTopThreadIdBytes = 0x68;
inline constexpr size_t kTopWasmFlagBytes = 0xc8;
inline constexpr size_t kTopExitFrameBytes = 0x00;
inline constexpr size_t kGuardBytes = 0x38;
inline constexpr size_t kGuardScopesBytes = 0x28;
inline constexpr size_t kDebugBytes = 0x60;
inline constexpr bool kTopEndsAtScopeData = true;
inline constexpr size_t kPageFlagsBytes = 0;
}  // namespace greenthreads::layout
#elif V8_MAJOR_VERSION == 14 && V8_MINOR_VERSION == 6  // Node 26
#define GT_HAS_V8_LAYOUT 1
namespace greenthreads::layout {
inline constexpr size_t kScopesBytes = 0x80;
inline constexpr size_t kScopeVectors = 3;
inline constexpr size_t kSpareBlockBytes = 0x50;
inline constexpr size_t kScopeDataInScopesBytes = 0x68;
inline constexpr size_t kScopeDataBytes = 0x18;
inline constexpr size_t kTopBytes = 0xe8;
inline constexpr size_t kTopTryCatchBytes = 0x58;
inline constexpr size_t kTopIsolateBytes = 0x60;
inline constexpr size_t kTopThreadIdBytes = 0x68;
inline constexpr size_t kTopWasmFlagBytes = 0;           // moved out of the thread state
inline constexpr size_t kTopExitFrameBytes = 0x00;
inline constexpr size_t kGuardBytes = 0x38;
inline constexpr size_t kGuardScopesBytes = 0x28;
inline constexpr size_t kDebugBytes = 0x60;
inline constexpr bool kTopEndsAtScopeData = true;
inline constexpr size_t kPageFlagsBytes = 0;
}  // namespace greenthreads::layout
#endif
#endif  // __linux__

#ifdef GT_HAS_V8_LAYOUT
namespace greenthreads::layout {
inline constexpr size_t kRelocatablesInArchiveBytes = kScopesBytes + kTopBytes;
inline constexpr size_t kGuardInArchiveBytes = kRelocatablesInArchiveBytes + sizeof(void*);
inline constexpr size_t kArchiveBytes = kGuardInArchiveBytes + kGuardBytes + kDebugBytes;
// StackGuard follows the isolate's first word; its thread-local part follows
// its back pointer. Begins with the limit of the running stack.
inline constexpr size_t kStackGuardInIsolateBytes = 0x10;
// A block of handles as HandleScopeImplementer allocates it.
inline constexpr size_t kHandleBlockBytes = 1022 * sizeof(void*);
}  // namespace greenthreads::layout
#endif
