#include "microtasks.h"

#include <cstring>
#include <memory>

#include "process_memory.h"

namespace greenthreads {

namespace {

constexpr size_t kFirstByte = sizeof(void*);  // behind the pointer to virtual functions

struct Places {
  size_t is_running = 0;
  size_t suppressions = 0;
  size_t length = 0;
};

void DoNothing(void*) {}

// Where a queue has the flag, seen from inside a microtask: the byte that makes it
// say it runs none when it is cleared.
struct FlagSearch {
  v8::MicrotaskQueue* queue;
  size_t bytes;
  size_t place = 0;
  int hits = 0;

  static void Look(void* data) {
    auto* search = static_cast<FlagSearch*>(data);
    auto* queue = reinterpret_cast<uint8_t*>(search->queue);
    for (size_t i = kFirstByte; i < search->bytes; i++) {
      if (queue[i] != 1) continue;
      queue[i] = 0;
      const bool is_flag = !search->queue->IsRunningMicrotasks();
      queue[i] = 1;
      if (!is_flag) continue;
      search->hits++;
      search->place = i;
    }
  }
};

// The word that a public scope raises by one.
int FindSuppressions(v8::Isolate* isolate, v8::MicrotaskQueue* queue, size_t bytes,
                     size_t* place) {
  const auto* words = reinterpret_cast<const int*>(queue);
  const size_t count = bytes / sizeof(int);
  std::unique_ptr<int[]> before(new int[count]);
  std::memcpy(before.get(), words, count * sizeof(int));
  v8::Isolate::SuppressMicrotaskExecutionScope scope(isolate, queue);
  int hits = 0;
  for (size_t i = kFirstByte / sizeof(int); i < count; i++) {
    if (words[i] != before[i] + 1) continue;
    hits++;
    *place = i * sizeof(int);
  }
  return hits;
}

// The word that one more microtask raises by one.
int FindLength(v8::Isolate* isolate, v8::MicrotaskQueue* queue, size_t bytes, size_t* place) {
  const auto* words = reinterpret_cast<const intptr_t*>(queue);
  const size_t count = bytes / sizeof(intptr_t);
  std::unique_ptr<intptr_t[]> before(new intptr_t[count]);
  // The first one makes the queue allocate its buffer.
  queue->EnqueueMicrotask(isolate, DoNothing, nullptr);
  std::memcpy(before.get(), words, count * sizeof(intptr_t));
  queue->EnqueueMicrotask(isolate, DoNothing, nullptr);
  int hits = 0;
  for (size_t i = kFirstByte / sizeof(intptr_t); i < count; i++) {
    if (before[i] != 1 || words[i] != 2) continue;
    hits++;
    *place = i * sizeof(intptr_t);
  }
  queue->PerformCheckpoint(isolate);
  return hits;
}

bool FindPlaces(v8::Isolate* isolate, Places* places, std::string* why_not) {
  std::unique_ptr<v8::MicrotaskQueue> queue = v8::MicrotaskQueue::New(isolate);
  const size_t bytes = AllocationBytes(queue.get());
  if (bytes < kFirstByte || bytes > 1024) {
    *why_not = "the size of V8's queue of microtasks could not be read";
    return false;
  }
  FlagSearch search{queue.get(), bytes};
  queue->EnqueueMicrotask(isolate, FlagSearch::Look, &search);
  queue->PerformCheckpoint(isolate);
  const int suppressions = FindSuppressions(isolate, queue.get(), bytes, &places->suppressions);
  const int lengths = FindLength(isolate, queue.get(), bytes, &places->length);
  if (search.hits != 1 || suppressions != 1 || lengths != 1) {
    *why_not = "in V8's queue of microtasks the running flag was found " +
               std::to_string(search.hits) + " times, the count of suppressions " +
               std::to_string(suppressions) + " times and its length " + std::to_string(lengths) +
               " times, not once";
    return false;
  }
  places->is_running = search.place;
  return true;
}

}  // namespace

bool MicrotaskCheckpoint::Find(v8::Isolate* isolate, v8::Local<v8::Context> context,
                               std::string* why_not) {
  v8::MicrotaskQueue* queue = context->GetMicrotaskQueue();
  Places places;
  if (queue == nullptr) {
    *why_not = "the context has no queue of microtasks";
    return false;
  }
  if (!FindPlaces(isolate, &places, why_not)) return false;
  auto* bytes = reinterpret_cast<uint8_t*>(queue);
  if (bytes[places.is_running] != (queue->IsRunningMicrotasks() ? 1 : 0)) {
    *why_not = "the running flag of the context's queue of microtasks is not where it was found";
    return false;
  }
  is_running_ = bytes + places.is_running;
  suppressions_ = reinterpret_cast<int*>(bytes + places.suppressions);
  length_ = reinterpret_cast<const intptr_t*>(bytes + places.length);
  return true;
}

}  // namespace greenthreads
