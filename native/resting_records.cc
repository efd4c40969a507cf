#include "resting_records.h"

#ifdef GT_HAS_V8_LAYOUT

#include <cstring>

namespace greenthreads {

namespace {

constexpr auto kAllCollections =
    static_cast<v8::GCType>(kMinorCollections | v8::kGCTypeMarkSweepCompact);

// An object that survives its second minor collection is promoted.
constexpr uint32_t kCollectionsToRest = 2;

// In one collection, so that it is no pause: each takes 1 to 2 us.
constexpr int kMostGivenBack = 256;

constexpr uintptr_t kPageBytes = 1 << 18;
constexpr uintptr_t kFromSpace = 0x08;  // flags of a page: the half that was emptied last,
constexpr uintptr_t kToSpace = 0x10;    // and the one that objects are in
constexpr uintptr_t kAllFlags = (1 << 24) - 1;  // a larger word is no page header
constexpr size_t kHeaderWords = 8;

uintptr_t PageOf(uintptr_t address) { return address & ~(kPageBytes - 1); }

uintptr_t AddressOf(v8::Local<v8::Object> object) {
  uintptr_t* slot;  // a handle points to the slot that holds the object's address
  std::memcpy(&slot, &object, sizeof(slot));
  return *slot;
}

}  // namespace

std::unique_ptr<RestingRecords> RestingRecords::Create(v8::Isolate* isolate,
                                                       const V8State& v8_state,
                                                       GiveBack give_back) {
  std::unique_ptr<RestingRecords> records(new RestingRecords(isolate, v8_state, give_back));
  v8::HandleScope scope(isolate);
  const uintptr_t young = AddressOf(v8::Object::New(isolate));
  const uintptr_t old = AddressOf(isolate->GetCurrentContext()->Global());
  const bool can_tell =
      records->YoungFlagsOf(young) == kToSpace && records->YoungFlagsOf(old) == 0;
  return can_tell ? std::move(records) : nullptr;
}

RestingRecords::RestingRecords(v8::Isolate* isolate, const V8State& v8_state,
                               GiveBack give_back)
    : isolate_(isolate),
      isolate_low_(reinterpret_cast<uintptr_t>(isolate)),
      isolate_high_(isolate_low_ + AllocationBytes(isolate)),
      v8_state_(v8_state),
      give_back_(give_back) {
  for (Record* divider : {&given_back_, &divider_}) {
    v8_state_.InitializeRecord(divider, nullptr);
    v8_state_.Show(divider);
  }
  isolate_->AddGCPrologueCallback(OnPrologue, this, static_cast<v8::GCType>(kMinorCollections));
  isolate_->AddGCEpilogueCallback(OnEpilogue, this, kAllCollections);
}

RestingRecords::~RestingRecords() {
  isolate_->RemoveGCPrologueCallback(OnPrologue, this);
  isolate_->RemoveGCEpilogueCallback(OnEpilogue, this);
  for (Record* divider : {&given_back_, &divider_}) {
    V8State::Forget(divider);
    V8State::FinalizeRecord(divider);
  }
}

size_t RestingRecords::count() const {
  size_t count = 0;
  for (const Record* record = divider_.next; record != v8_state_.list_head();
       record = record->next) {
    if (record != &given_back_) count++;
  }
  return count;
}

void RestingRecords::OnPrologue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self) {
  static_cast<RestingRecords*>(self)->Hide();
}

void RestingRecords::OnEpilogue(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  auto* records = static_cast<RestingRecords*>(self);
  records->Unhide();
  records->Age(type);
  records->GiveBackSome();
}

void RestingRecords::Hide() {
  Record* anchor = v8_state_.list_head();
  hidden_first_ = divider_.next;
  hidden_last_ = anchor->previous;
  divider_.next = anchor;
  anchor->previous = &divider_;
}

void RestingRecords::Unhide() {
  if (hidden_first_ == nullptr) return;
  divider_.next = hidden_first_;
  v8_state_.list_head()->previous = hidden_last_;
  hidden_first_ = hidden_last_ = nullptr;
}

void RestingRecords::Age(v8::GCType type) {
  pages_.fill({});
  Record* next;
  for (Record* record = v8_state_.list_head()->next; record != &divider_; record = next) {
    next = record->next;
    // The main stack never stays long; others may be threads of other addons.
    if (!record->IsCoroutine()) continue;
    // A full collection leaves nothing young behind.
    record->age += type == v8::kGCTypeMarkSweepCompact ? kCollectionsToRest : 1;
    if (record->age < record->next_look || V8State::HasMoreHandles(record)) continue;
    if (HasReferencesToYoung(record)) continue;
    V8State::Forget(record);
    v8_state_.ShowAfter(record, &divider_);
  }
}

void RestingRecords::GiveBackSome() {
  for (int i = 0; i < kMostGivenBack && given_back_.previous != &divider_; i++) {
    Record* longest_resting = given_back_.previous;
    give_back_(longest_resting);
    V8State::Forget(longest_resting);
    v8_state_.ShowAfter(longest_resting, &given_back_);
  }
}

bool RestingRecords::HasReferencesToYoung(Record* record) {
  const YoungWords found = FindYoung(record);
  const YoungWords before = record->young_words;
  // What were remains before, and is unchanged, has not come to life since.
  if (found.references == 0 || found.references == before.remains) return false;
  record->young_words = found;
  const bool is_second_look = before.age + 1 == record->age;
  record->next_look = is_second_look ? record->age * 2 : record->age + 1;
  return true;
}

YoungWords RestingRecords::FindYoung(const Record* record) {
  YoungWords found;
  found.age = record->age;
  for (const auto& words : V8State::References(record)) {
    const auto* end = static_cast<const uintptr_t*>(words.high);
    for (auto* word = static_cast<const uintptr_t*>(words.low); word < end; word++) {
      const bool is_tagged = (*word & 1) != 0;
      if (!is_tagged || *word >> 20 == 0 || *word >> 47 != 0) continue;
      const uintptr_t flags = YoungFlagsOf(*word);
      if (flags == 0) continue;
      constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd
      uint64_t& number = flags == kFromSpace ? found.remains : found.references;
      number = (number ^ reinterpret_cast<uintptr_t>(word)) * kMultiplier;
      number = (number ^ *word) * kMultiplier;
    }
  }
  return found;
}

// Of the page that an address is in; 0 if it is old, or none of this heap.
uintptr_t RestingRecords::YoungFlagsOf(uintptr_t address) {
  const uintptr_t start = PageOf(address);
  Page& page = pages_[(start / kPageBytes) % pages_.size()];
  if (page.address == start) return page.young_flags;
  page = {start, 0};
  uintptr_t header[kHeaderWords];
  if (!reader_.Read(header, reinterpret_cast<void*>(start), sizeof(header))) return 0;
  const uintptr_t flags = header[layout::kPageFlagsBytes / sizeof(uintptr_t)];
  if (flags <= kAllFlags && BelongsToHeap(header)) {
    page.young_flags = flags & (kFromSpace | kToSpace);
  }
  return page.young_flags;
}

// Many an odd number on a stack points anywhere. A page of the heap refers to its
// heap, which is a part of the isolate: in its header, or in what V8 13 and later
// keep apart and the second word points to.
bool RestingRecords::BelongsToHeap(const uintptr_t* header) const {
  const auto refers = [&](const uintptr_t* words, size_t count) {
    for (size_t i = 0; i < count; i++) {
      if (words[i] >= isolate_low_ && words[i] < isolate_high_) return true;
    }
    return false;
  };
  if (refers(header, kHeaderWords)) return true;
  uintptr_t metadata[2 * kHeaderWords];
  return reader_.Read(metadata, reinterpret_cast<void*>(header[1]), sizeof(metadata)) &&
         refers(metadata, 2 * kHeaderWords);
}

}  // namespace greenthreads

#endif
