#include "resting_records.h"

#ifdef GT_HAS_V8_LAYOUT

#include <cstring>

namespace greenthreads {

namespace {

constexpr auto kAllCollections =
    static_cast<v8::GCType>(kMinorCollections | v8::kGCTypeMarkSweepCompact);

// An object that survives its second minor collection is promoted.
constexpr uint32_t kCollectionsToRest = 2;

constexpr uintptr_t kPageBytes = 1 << 18;
constexpr uintptr_t kYoungFlags = 0x18;       // in from-space, in to-space
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
                                                       const V8State& v8_state) {
  std::unique_ptr<RestingRecords> records(new RestingRecords(isolate, v8_state));
  v8::HandleScope scope(isolate);
  const uintptr_t young = AddressOf(v8::Object::New(isolate));
  const uintptr_t old = AddressOf(isolate->GetCurrentContext()->Global());
  const bool can_tell =
      records->IsYoungPage(PageOf(young)) && !records->IsYoungPage(PageOf(old));
  return can_tell ? std::move(records) : nullptr;
}

RestingRecords::RestingRecords(v8::Isolate* isolate, const V8State& v8_state)
    : isolate_(isolate),
      isolate_low_(reinterpret_cast<uintptr_t>(isolate)),
      isolate_high_(isolate_low_ + AllocationBytes(isolate)),
      v8_state_(v8_state) {
  v8_state_.InitializeRecord(&divider_, nullptr);
  v8_state_.Show(&divider_);
  isolate_->AddGCPrologueCallback(OnPrologue, this, static_cast<v8::GCType>(kMinorCollections));
  isolate_->AddGCEpilogueCallback(OnEpilogue, this, kAllCollections);
}

RestingRecords::~RestingRecords() {
  isolate_->RemoveGCPrologueCallback(OnPrologue, this);
  isolate_->RemoveGCEpilogueCallback(OnEpilogue, this);
  V8State::Forget(&divider_);
  V8State::FinalizeRecord(&divider_);
}

void RestingRecords::OnPrologue(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self) {
  static_cast<RestingRecords*>(self)->Hide();
}

void RestingRecords::OnEpilogue(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  auto* records = static_cast<RestingRecords*>(self);
  records->Unhide();
  // A full collection leaves nothing young behind.
  records->Age(type == v8::kGCTypeMarkSweepCompact ? kCollectionsToRest : 1);
}

void RestingRecords::Hide() {
  Record* anchor = v8_state_.list_head();
  if (divider_.next == anchor) return;
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

void RestingRecords::Age(uint32_t collections) {
  pages_.fill({});
  Record* next;
  for (Record* record = v8_state_.list_head()->next; record != &divider_; record = next) {
    next = record->next;
    // The main stack never stays long; others may be threads of other addons.
    if (!record->IsCoroutine()) continue;
    record->age += collections;
    if (record->age < record->next_look) continue;
    if (HasYoung(record)) {
      record->next_look = record->age * 2;
      continue;
    }
    V8State::Forget(record);
    v8_state_.ShowAfter(record, &divider_);
  }
}

bool RestingRecords::HasYoung(const Record* record) {
  if (V8State::HasMoreHandles(record)) return true;
  for (const auto& words : V8State::References(record)) {
    if (HasYoung(words.low, words.high)) return true;
  }
  return false;
}

bool RestingRecords::HasYoung(const void* low, const void* high) {
  const auto* end = static_cast<const uintptr_t*>(high);
  for (auto* word = static_cast<const uintptr_t*>(low); word < end; word++) {
    const bool is_tagged = (*word & 1) != 0;
    if (is_tagged && *word >> 20 != 0 && *word >> 47 == 0 && IsYoungPage(PageOf(*word))) {
      return true;
    }
  }
  return false;
}

bool RestingRecords::IsYoungPage(uintptr_t address) {
  Page& page = pages_[(address / kPageBytes) % pages_.size()];
  if (page.address != address) {
    page.address = address;
    uintptr_t header[kHeaderWords];
    page.is_young = reader_.Read(header, reinterpret_cast<void*>(address), sizeof(header)) &&
                    header[layout::kPageFlagsBytes / sizeof(uintptr_t)] <= kAllFlags &&
                    (header[layout::kPageFlagsBytes / sizeof(uintptr_t)] & kYoungFlags) != 0 &&
                    BelongsToHeap(header);
  }
  return page.is_young;
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
