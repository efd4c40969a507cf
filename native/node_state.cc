#include "node_state.h"

#include <cstring>
#include <vector>

#include "process_memory.h"
#include "v8_layout.h"

namespace greenthreads {

size_t* FindCallbackDepth(v8::Isolate* isolate, v8::Local<v8::Context> context,
                          std::string* why_not) {
  auto* environment = reinterpret_cast<char*>(node::GetCurrentEnvironment(context));
  const size_t bytes = environment == nullptr ? 0 : AllocationBytes(environment);
  if (bytes < 64 || bytes > 64 * 1024) {
    *why_not = "the size of Node's Environment could not be read";
    return nullptr;
  }
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
  if (hits != 1) {
    *why_not = "Node's count of nested callbacks was found " + std::to_string(hits) +
               " times, not once";
    return nullptr;
  }
  return found;
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
  if (*guard->suspended == 0) return;
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
