// Finds where V8 keeps the state of the running thread, by what public calls change
// in the isolate. v8_archive.cc proves what was found here.

#include "v8_state.h"

#ifdef GT_HAS_V8_LAYOUT

#include <algorithm>
#include <cstring>
#include <vector>

#include "isolate_visit.h"
#include "process_memory.h"
#include "v8_pointer.h"

namespace greenthreads {

using namespace layout;

class V8Probe {
 public:
  V8Probe(v8::Isolate* isolate, std::string* why_not)
      : isolate_(isolate), words_(reinterpret_cast<uintptr_t*>(isolate)), why_not_(why_not) {}

  bool Run(V8State* state) {
    word_count_ = AllocationBytes(isolate_) / sizeof(uintptr_t);
    if (word_count_ < 512 || word_count_ > (1u << 20)) {
      return Refuse("the isolate's size could not be read");
    }
    return FindTop(state) && FindScopeData(state) && FindStackGuard(state) &&
           FindRelocatables(state) && FindScopesAndManager(state) && FindEntryCount(state);
  }

 private:
  bool Refuse(std::string reason) {
    *why_not_ = std::move(reason);
    return false;
  }

  bool RefuseCount(const char* what, size_t count) {
    return Refuse(std::string("V8's ") + what + " was found " + std::to_string(count) +
                  " times, not once");
  }

  char* At(size_t word) const { return reinterpret_cast<char*>(words_ + word); }

  // The innermost v8::TryCatch is registered in the thread-local top. A word that was left with an old
  // address of the stack looks alike by chance, but does not follow.
  bool FindTop(V8State* state) {
    v8::TryCatch mark(isolate_);
    std::vector<size_t> words;
    for (size_t i = 0; i < word_count_; i++) {
      if (words_[i] == reinterpret_cast<uintptr_t>(&mark)) words.push_back(i);
    }
    {
      v8::TryCatch inner(isolate_);
      const auto follows = [&](size_t i) { return words_[i] == reinterpret_cast<uintptr_t>(&inner); };
      words.erase(std::remove_if(words.begin(), words.end(), [&](size_t i) { return !follows(i); }),
                  words.end());
    }
    if (words.size() != 1) return RefuseCount("thread-local top", words.size());
    state->top_ = At(words[0]) - kTopTryCatchBytes;
    v8::Isolate* back;
    std::memcpy(&back, state->top_ + kTopIsolateBytes, sizeof(back));
    if (back != isolate_) return Refuse("V8's thread-local top has another layout");
    return true;
  }

  // Each new handle moves HandleScopeData.next by one word.
  bool FindScopeData(V8State* state) {
    constexpr size_t kHandles = 3;
    size_t hits = 0;
    // Two attempts: the first may run over the end of a block.
    for (int attempt = 0; attempt < 2 && hits != 1; attempt++) {
      hits = 0;
      v8::Local<v8::Object> object = v8::Object::New(isolate_);
      std::vector<uintptr_t> before(words_, words_ + word_count_);
      for (size_t i = 0; i < kHandles; i++) v8::Local<v8::Object>::New(isolate_, object);
      for (size_t i = 0; i + 1 < word_count_; i++) {
        if (words_[i] != before[i] + kHandles * sizeof(void*)) continue;
        const uintptr_t limit = words_[i + 1];
        if (limit != before[i + 1] || limit < words_[i]) continue;
        if (limit - words_[i] > kHandleBlockBytes) continue;
        hits++;
        state->scope_data_ = At(i);
      }
    }
    if (hits != 1) return RefuseCount("handle scope data", hits);
    if (kTopEndsAtScopeData && state->top_ + kTopBytes != state->scope_data_) {
      return Refuse("V8's thread-local top has another size");
    }
    return true;
  }

  bool FindStackGuard(V8State* state) {
    state->stack_guard_ = reinterpret_cast<uintptr_t*>(At(0) + kStackGuardInIsolateBytes);
    v8::Isolate* back;
    std::memcpy(&back, state->stack_guard_ - 1, sizeof(back));
    const uintptr_t limit = state->stack_guard_[0];
    const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const uintptr_t mark = (here - 100 * 1024) & ~uintptr_t{63};
    bool found = back == isolate_ && limit < here && here - limit < (uintptr_t{1} << 30);
    if (found) {
      isolate_->SetStackLimit(mark);
      found = state->stack_guard_[0] == mark;
      isolate_->SetStackLimit(limit);
      found = found && state->stack_guard_[0] == limit;
    }
    return found || Refuse("V8's stack guard has another layout");
  }

  // A list of objects on the stack that the collector updates. Calls of native
  // functions make some: look for one from inside such a call.
  bool FindRelocatables(V8State* state) {
    v8::Local<v8::Context> context = isolate_->GetCurrentContext();
    v8::Local<v8::Function> function;
    v8::Local<v8::Value> result;
    v8::Local<v8::Value> data = WrapPointer(isolate_, this);
    if (!v8::Function::New(context, LookForRelocatable, data).ToLocal(&function)) return Refuse(kNoCall);
    // Words that just hold an old address of the stack look alike by chance: those do
    // not change in the call, or not back, or not again.
    std::vector<size_t> words;
    for (int attempt = 0; attempt < 2; attempt++) {
      outside_.assign(words_, words_ + word_count_);
      changed_.clear();
      if (!function->NewInstance(context).ToLocal(&result)) return Refuse(kNoCall);
      std::vector<size_t> found;
      for (size_t i : changed_) {
        const bool was_found = attempt == 0 || std::count(words.begin(), words.end(), i) != 0;
        if (words_[i] == outside_[i] && was_found) found.push_back(i);
      }
      words = found;
    }
    if (words.size() != 1) return RefuseCount("list of relocatable objects", words.size());
    state->relocatables_ = reinterpret_cast<void**>(words_ + words[0]);
    return true;
  }

  static constexpr const char* kNoThread = "the system gave no thread that visits the isolate";
  static constexpr const char* kNoCall = "a native function could not be called";

  static void LookForRelocatable(const v8::FunctionCallbackInfo<v8::Value>& info) {
    auto* self = static_cast<V8Probe*>(UnwrapPointer(info.Data()));
    const auto low = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const uintptr_t high = low + 64 * 1024;
    for (size_t i = 0; i < self->word_count_; i++) {
      const uintptr_t p = self->words_[i];
      if (p == self->outside_[i] || p < low || p > high || p % sizeof(void*) != 0) continue;
      uintptr_t object[3];  // { vtable, isolate, previous }
      if (!self->reader_.Read(object, reinterpret_cast<void*>(p), sizeof(object))) continue;
      if (object[1] != reinterpret_cast<uintptr_t>(self->isolate_)) continue;
      if (!self->program_.Contains(object[0])) continue;
      self->changed_.push_back(i);
    }
  }

  // Both are objects of their own which point back to the isolate.
  bool FindScopesAndManager(V8State* state) {
    std::vector<uintptr_t> seen_scopes, seen_managers;
    const uintptr_t low = reinterpret_cast<uintptr_t>(isolate_);
    const uintptr_t high = low + word_count_ * sizeof(uintptr_t);
    uintptr_t previous = 0;
    for (size_t i = 0; i < word_count_; i++) {
      const uintptr_t p = words_[i];
      if (p == previous || p % sizeof(void*) != 0) continue;
      if (p < (1u << 20) || p >> 47 != 0 || (p >= low && p < high) || program_.Contains(p)) continue;
      previous = p;
      uintptr_t object[kScopesBytes / sizeof(uintptr_t)];
      if (!reader_.Read(object, reinterpret_cast<void*>(p), sizeof(object))) continue;
      const auto count = static_cast<int32_t>(object[0]);
      if (count > 0 && count < 1000) small_counts_.push_back(i);
      if (IsScopes(object, state) && CountsContexts(p)) AddOnce(&seen_scopes, p);
      if (Record* head = InUseList(object, p)) {
        AddOnce(&seen_managers, p);
        state->list_head_ = head;
      }
    }
    if (seen_scopes.size() != 1) return RefuseCount("handle scope implementer", seen_scopes.size());
    if (seen_managers.size() != 1) return RefuseCount("thread manager", seen_managers.size());
    state->scopes_ = reinterpret_cast<char*>(seen_scopes[0]);
    state->manager_ = reinterpret_cast<void*>(seen_managers[0]);
    return true;
  }

  // Entering the isolate once more is only counted, in an object of its own. A word that was left with
  // that object's address looks alike, but only the living one names another object while another thread
  // is inside.
  bool FindEntryCount(V8State* state) {
    const auto read = [&](size_t word) {
      int count = 0;
      reader_.Read(&count, reinterpret_cast<void*>(words_[word]), sizeof(count));
      return count;
    };
    std::vector<size_t> words;
    for (size_t word : small_counts_) {
      const int before = read(word);
      isolate_->Enter();
      const int inside = read(word);
      isolate_->Exit();
      if (inside == before + 1 && read(word) == before) words.push_back(word);
    }
    std::vector<uintptr_t> ours, theirs;
    for (size_t word : words) ours.push_back(words_[word]);
    const bool has_run = VisitIsolate(isolate_, [&] {
      v8::Isolate::Scope inside(isolate_);
      for (size_t word : words) theirs.push_back(words_[word]);
    });
    if (!has_run) return Refuse(kNoThread);
    size_t hits = 0;
    for (size_t i = 0; i < words.size(); i++) {
      if (theirs[i] == ours[i] || words_[words[i]] != ours[i]) continue;
      hits++;
      state->entry_count_ = reinterpret_cast<int**>(words_ + words[i]);
    }
    return hits == 1 || RefuseCount("count of entries", hits);
  }

  static void AddOnce(std::vector<uintptr_t>* seen, uintptr_t p) {
    for (uintptr_t other : *seen) {
      if (other == p) return;
    }
    seen->push_back(p);
  }

  // { isolate, blocks { data, capacity, size }, ... }; the newest handle is in the last block.
  bool IsScopes(const uintptr_t* object, const V8State* state) const {
    if (object[0] != reinterpret_cast<uintptr_t>(isolate_)) return false;
    const uintptr_t data = object[1], capacity = object[2], size = object[3];
    if (size == 0 || size > capacity || capacity > (1u << 20)) return false;
    uintptr_t block, next;
    std::memcpy(&next, state->scope_data_, sizeof(next));
    if (!reader_.Read(&block, reinterpret_cast<void*>(data + (size - 1) * sizeof(uintptr_t)),
                      sizeof(block))) {
      return false;
    }
    return block < next && next <= block + kHandleBlockBytes;
  }

  // The state of a thread that is gone, in memory that was freed, may look alike when its isolate was at the
  // same address: only the living one counts a context that is entered.
  bool CountsContexts(uintptr_t scopes) const {
    constexpr size_t kWords = kScopesBytes / sizeof(uintptr_t);
    uintptr_t before[kWords], inside[kWords], after[kWords];
    const auto read = [&](uintptr_t* words) {
      return reader_.Read(words, reinterpret_cast<void*>(scopes), kScopesBytes);
    };
    if (!read(before)) return false;
    v8::Local<v8::Context> context = isolate_->GetCurrentContext();
    context->Enter();
    const bool is_readable = read(inside);
    context->Exit();
    if (!is_readable || !read(after)) return false;
    for (size_t i = 4; i < kWords; i++) {
      if (inside[i] == before[i] + 1 && after[i] == before[i]) return true;
    }
    return false;
  }

  // { ..., free list, list in use, isolate }: the lists are anchored by empty ThreadStates.
  Record* InUseList(const uintptr_t* object, uintptr_t manager) const {
    constexpr size_t kWords = kScopesBytes / sizeof(uintptr_t);
    for (size_t k = 2; k < kWords; k++) {
      if (object[k] != reinterpret_cast<uintptr_t>(isolate_)) continue;
      if (!IsAnchor(object[k - 1], manager) || !IsAnchor(object[k - 2], manager)) continue;
      return reinterpret_cast<Record*>(object[k - 1]);
    }
    return nullptr;
  }

  bool IsAnchor(uintptr_t p, uintptr_t manager) const {
    uintptr_t words[5];  // id, data, next, previous, manager
    if (p % sizeof(void*) != 0 || !reader_.Read(words, reinterpret_cast<void*>(p), sizeof(words))) {
      return false;
    }
    return static_cast<int32_t>(words[0]) == -1 && words[1] == 0 && words[4] == manager;
  }

  v8::Isolate* isolate_;
  uintptr_t* words_;
  size_t word_count_ = 0;
  std::string* why_not_;
  MemoryReader reader_;
  std::vector<size_t> small_counts_;  // words that point to a small number
  std::vector<uintptr_t> outside_;  // the isolate before the call
  std::vector<size_t> changed_;     // words of it, inside
  ModuleRange program_ = ModuleOf(reinterpret_cast<void*>(
      static_cast<bool (*)(v8::Isolate*)>(&v8::Locker::IsLocked)));
};

V8State V8State::Probe(v8::Isolate* isolate, std::string* why_not) {
  V8State state;
  if (V8Probe(isolate, why_not).Run(&state)) state.EqualsArchive(isolate, why_not);
  return state;
}

}  // namespace greenthreads

#endif
