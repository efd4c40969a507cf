#include "node_state.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "process_memory.h"
#include "v8_layout.h"

namespace greenthreads {

namespace {
constexpr const char* kProbe = "GREENTHREADS_PROBE";
}  // namespace

size_t* FindCallbackDepth(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  auto* environment = reinterpret_cast<char*>(node::GetCurrentEnvironment(context));
  const size_t bytes = environment == nullptr ? 0 : AllocationBytes(environment);
  if (bytes < 64 || bytes > 64 * 1024) return nullptr;
  const size_t words = bytes / sizeof(size_t);
  const auto snapshot = [&] {
    std::vector<size_t> copy(words);
    std::memcpy(copy.data(), environment, words * sizeof(size_t));
    return copy;
  };

  v8::Local<v8::Object> resource = v8::Object::New(isolate);
  std::vector<size_t> outside = snapshot(), inside, nested, inside_again;
  {
    node::CallbackScope scope(isolate, resource, node::async_context{0, 0});
    inside = snapshot();
    {
      node::CallbackScope nested_scope(isolate, resource, node::async_context{0, 0});
      nested = snapshot();
    }
    inside_again = snapshot();
  }
  const std::vector<size_t> outside_again = snapshot();

  size_t* found = nullptr;
  int hits = 0;
  for (size_t i = 0; i < words; i++) {
    const size_t base = outside[i];
    if (base > 1000 || outside_again[i] != base) continue;
    if (inside[i] != base + 1 || nested[i] != base + 2 || inside_again[i] != base + 1) continue;
    hits++;
    found = reinterpret_cast<size_t*>(environment) + i;
  }
  return hits == 1 ? found : nullptr;
}

namespace {

// What the environment points to that may be one of the two tables.
struct Candidates {
  struct Fields {
    uint32_t* place;
    uint32_t depth;  // when it was found
  };
  std::vector<double*> ids;
  std::vector<Fields> fields;

  void Consider(const MemoryReader& reader, uintptr_t place, const node::async_context& entered) {
    double two[2];
    if (reader.Read(two, reinterpret_cast<void*>(place), sizeof(two)) &&
        two[0] == entered.async_id && two[1] == entered.trigger_async_id) {
      ids.push_back(reinterpret_cast<double*>(place));
    }
    uint32_t words[AsyncTables::kFields];
    constexpr uint32_t kMost = 1000;
    if (reader.Read(words, reinterpret_cast<void*>(place), sizeof(words)) &&
        words[AsyncTables::kCheck] < kMost && words[AsyncTables::kDepth] - 1 < kMost) {
      fields.push_back({reinterpret_cast<uint32_t*>(place), words[AsyncTables::kDepth]});
    }
  }

  void Keep(const node::async_context& entered, int deeper) {
    std::erase_if(ids, [&](const double* place) {
      return place[0] != entered.async_id || place[1] != entered.trigger_async_id;
    });
    std::erase_if(fields, [&](const Fields& candidate) {
      return candidate.place[AsyncTables::kDepth] != candidate.depth + deeper;
    });
  }
};

}  // namespace

AsyncTables FindAsyncTables(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  auto* environment = reinterpret_cast<char*>(node::GetCurrentEnvironment(context));
  const size_t bytes = environment == nullptr ? 0 : AllocationBytes(environment);
  if (bytes < 64 || bytes > 64 * 1024) return {};
  std::vector<uintptr_t> pointers;
  for (size_t i = 0; i + sizeof(uintptr_t) <= bytes; i += sizeof(uintptr_t)) {
    uintptr_t word;
    std::memcpy(&word, environment + i, sizeof(word));
    if (word % sizeof(double) == 0 && word >> 20 != 0 && word >> 47 == 0) pointers.push_back(word);
  }
  std::sort(pointers.begin(), pointers.end());
  pointers.erase(std::unique(pointers.begin(), pointers.end()), pointers.end());

  v8::Local<v8::Object> resource = v8::Object::New(isolate);
  const node::async_context outer = node::EmitAsyncInit(isolate, resource, kProbe);
  const node::async_context inner = node::EmitAsyncInit(isolate, resource, kProbe);
  Candidates candidates;
  {
    node::CallbackScope outer_scope(isolate, resource, outer);
    const MemoryReader reader;
    for (const uintptr_t pointer : pointers) candidates.Consider(reader, pointer, outer);
    {
      node::CallbackScope inner_scope(isolate, resource, inner);
      candidates.Keep(inner, 1);
    }
    candidates.Keep(outer, 0);
  }
  node::EmitAsyncDestroy(isolate, inner);
  node::EmitAsyncDestroy(isolate, outer);
  if (candidates.ids.size() != 1 || candidates.fields.size() != 1) return {};
  return {candidates.ids[0], candidates.fields[0].place};
}

#ifdef GT_HAS_CONTINUATION_DATA

void ContinuationDataGuard::Install(v8::Isolate* isolate) {
  constexpr auto kWhen = static_cast<v8::GCType>(kMinorCollections);
  isolate->AddGCPrologueCallback(OnPrologue, this, kWhen);
  isolate->AddGCEpilogueCallback(OnEpilogue, this, kWhen);
}

void ContinuationDataGuard::Remove(v8::Isolate* isolate) {
  isolate->RemoveGCPrologueCallback(OnPrologue, this);
  isolate->RemoveGCEpilogueCallback(OnEpilogue, this);
  parked_.Reset();
}

void ContinuationDataGuard::OnPrologue(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                                       void* self) {
  auto* guard = static_cast<ContinuationDataGuard*>(self);
  v8::HandleScope scope(isolate);
  guard->parked_.Reset(isolate, GetContinuationData(isolate));
  SetContinuationData(isolate, v8::Undefined(isolate));
}

void ContinuationDataGuard::OnEpilogue(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                                       void* self) {
  auto* guard = static_cast<ContinuationDataGuard*>(self);
  if (guard->parked_.IsEmpty()) return;
  v8::HandleScope scope(isolate);
  SetContinuationData(isolate, guard->parked_.Get(isolate));
  guard->parked_.Reset();
}

#else

void ContinuationDataGuard::Install(v8::Isolate*) {}
void ContinuationDataGuard::Remove(v8::Isolate*) {}

#endif

}  // namespace greenthreads
