#include "v8_state.h"

#include <vector>

#include "process_memory.h"

namespace greenthreads {

uintptr_t ReadStackLimit(v8::Isolate* isolate) {
  // Setting a limit changes exactly one kind of word: find it by what it held before.
  const size_t count = AllocationBytes(isolate) / sizeof(uintptr_t);
  if (count < 512 || count > (1u << 20)) return 0;
  const volatile auto* words = reinterpret_cast<uintptr_t*>(isolate);
  const auto here = reinterpret_cast<uintptr_t>(&count);
  const uintptr_t mark = (here - 100 * 1024) & ~uintptr_t{63};
  std::vector<uintptr_t> before(words, words + count);
  isolate->SetStackLimit(mark);
  uintptr_t limit = 0;
  for (size_t i = 0; i < count && limit == 0; i++) {
    const bool is_limit = words[i] == mark && before[i] != mark && before[i] < here &&
                          here - before[i] < (uintptr_t{1} << 30);
    if (is_limit) limit = before[i];
  }
  if (limit != 0) isolate->SetStackLimit(limit);
  return limit;
}

}  // namespace greenthreads

#ifdef GT_HAS_V8_LAYOUT

#include <cstring>
#include <new>

namespace greenthreads {

namespace {

using namespace layout;

// V8's DetachableVector. Its array is made by new[] and freed by delete[].
struct ScopeVector {
  void** data;
  size_t capacity;
  size_t size;
};
constexpr size_t kMinimumCapacity = 8;

ScopeVector* Vectors(char* scopes) {
  return reinterpret_cast<ScopeVector*>(scopes + sizeof(void*));
}

struct ScopeData {
  char* next;
  char* limit;
  int level;
  int sealed_level;
};

}  // namespace

void V8State::InitializeRecord(Record* record, char* handle_block) const {
  char* scopes = record->saved;
  // A recycled record brings its arrays along; they are empty, not gone.
  ScopeVector vectors[kScopeVectors] = {};
  std::memcpy(vectors, Vectors(scopes), sizeof(vectors));
  std::memset(record->saved, 0, sizeof(record->saved));

  std::memcpy(scopes, scopes_, sizeof(void*));  // the isolate
  for (ScopeVector& vector : vectors) vector.size = 0;
  ScopeVector& blocks = vectors[0];
  if (blocks.data == nullptr) {
    blocks.data = new void*[kMinimumCapacity];
    blocks.capacity = kMinimumCapacity;
  }
  blocks.data[0] = handle_block;
  blocks.size = 1;
  std::memcpy(Vectors(scopes), vectors, sizeof(vectors));

  auto* scope_data = reinterpret_cast<ScopeData*>(scopes + kScopeDataInScopesBytes);
  scope_data->next = handle_block;
  scope_data->limit = handle_block + kHandleBlockBytes;
  scope_data->level = 1;  // above the sealed level: handles may be made

  std::memcpy(record->saved + kScopesBytes, fresh_top_, kTopBytes);
}

void V8State::FinalizeRecord(Record* record) {
  ScopeVector* vectors = Vectors(record->saved);
  // The first block of handles is ours. V8 made the others as it makes its arrays.
  ScopeVector& blocks = vectors[0];
  for (size_t i = 1; i < blocks.size; i++) ::operator delete[](blocks.data[i]);
  for (size_t i = 0; i < kScopeVectors; i++) {
    ::operator delete[](static_cast<void*>(vectors[i].data));
  }
  std::memset(record->saved, 0, sizeof(record->saved));
}

std::array<V8State::Words, 4> V8State::References(const Record* record) {
  const char* scopes = record->saved;
  const auto* vectors = reinterpret_cast<const ScopeVector*>(scopes + sizeof(void*));
  const auto words = [](const ScopeVector& vector) {
    return Words{vector.data, vector.data + vector.size};
  };
  const char* top = record->saved + kScopesBytes;
  // Below the exit frame lies only the native code that suspended the stack, which
  // holds no object but through handles. The handles follow the frames.
  constexpr size_t kExitFrameSlotsBytes = 4 * sizeof(void*);
  const char* exit_frame;
  std::memcpy(&exit_frame, top + kTopExitFrameBytes, sizeof(exit_frame));
  const void* frames = exit_frame == nullptr ? record->sp : exit_frame - kExitFrameSlotsBytes;
  return {Words{frames, HandlesEnd(record)}, Words{top, top + kTopBytes}, words(vectors[1]),
          words(vectors[kScopeVectors - 1])};
}

char* V8State::HandlesEnd(const Record* record) {
  return reinterpret_cast<const ScopeData*>(record->saved + kScopeDataInScopesBytes)->next;
}

bool V8State::HasMoreHandles(const Record* record) {
  return Vectors(const_cast<char*>(record->saved))[0].size != 1;
}

}  // namespace greenthreads

#endif
