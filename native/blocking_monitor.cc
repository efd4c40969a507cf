#include "blocking_monitor.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

#include "os_thread.h"
#include "v8_pointer.h"

namespace greenthreads {

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr size_t kWatcherStackBytes = 256 * 1024;
constexpr int kMostFrames = 100;

std::string CurrentStack(v8::Isolate* isolate) {
  v8::HandleScope handle_scope(isolate);
  v8::Local<v8::StackTrace> trace = v8::StackTrace::CurrentStackTrace(isolate, kMostFrames);
  std::string text;
  for (int i = 0; i < trace->GetFrameCount(); i++) {
    v8::Local<v8::StackFrame> frame = trace->GetFrame(isolate, static_cast<uint32_t>(i));
    const auto text_of = [&](v8::Local<v8::String> string, const char* otherwise) {
      if (string.IsEmpty() || string->Length() == 0) return std::string(otherwise);
      v8::String::Utf8Value value(isolate, string);
      return *value == nullptr ? std::string(otherwise) : std::string(*value);
    };
    text += "    at " + text_of(frame->GetFunctionName(), "<anonymous>") + " (" +
            text_of(frame->GetScriptNameOrSourceURL(), "<anonymous>") + ":" +
            std::to_string(frame->GetLineNumber()) + ":" + std::to_string(frame->GetColumn()) +
            ")\n";
  }
  return text;
}

void WriteAll(int descriptor, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
#if defined(_WIN32)
    const int count = _write(descriptor, text.data() + written,
                             static_cast<unsigned>(text.size() - written));
#else
    const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
#endif
    if (count <= 0) return;  // nobody reads it: what blocks must not be blocked by its report
    written += static_cast<size_t>(count);
  }
}

// What both OS threads hold. It lives until the watcher has ended and the last
// interrupt has been served, or will never be.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(v8::Isolate* isolate, int threshold_ms, int descriptor)
      : isolate_(isolate), threshold_(threshold_ms), descriptor_(descriptor) {}

  bool Start() {
    auto* self = new std::shared_ptr<Watch>(shared_from_this());
    if (StartThread(&Watch::Main, self, kWatcherStackBytes)) return true;
    delete self;
    return false;
  }

  // Returns when the watcher will not touch the isolate any more.
  void Stop() {
    std::unique_lock<std::mutex> lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_finished_; });
  }

  // The event loop turns. Whether it was held up and what was seen meanwhile.
  bool Beat(double* blocked_ms, std::string* stack) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Clock::time_point now = Clock::now();
    *blocked_ms = std::chrono::duration<double, std::milli>(now - last_beat_).count();
    *stack = std::move(stack_);
    stack_.clear();
    last_beat_ = now;
    beats_++;
    const bool was_blocked = is_reported_;
    is_reported_ = false;
    return was_blocked && !stack->empty();
  }

 private:
  struct Request {
    std::shared_ptr<Watch> watch;
    uint64_t beats;
  };

  static void Main(void* packed) {
    const std::shared_ptr<Watch> self = *static_cast<std::shared_ptr<Watch>*>(packed);
    delete static_cast<std::shared_ptr<Watch>*>(packed);
    self->Run();
  }

  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    const Milliseconds pause = std::max(threshold_ / 4, Milliseconds(1));
    while (!is_over_) {
      changed_.wait_for(lock, pause);
      if (is_over_ || is_reported_ || Clock::now() - last_beat_ < threshold_ + pause) continue;
      is_reported_ = true;
      isolate_->RequestInterrupt(&Watch::OnInterrupt, new Request{shared_from_this(), beats_});
    }
    is_finished_ = true;
    changed_.notify_all();
  }

  static void OnInterrupt(v8::Isolate* isolate, void* data) {
    const std::unique_ptr<Request> request(static_cast<Request*>(data));
    request->watch->Report(isolate, request->beats);
  }

  void Report(v8::Isolate* isolate, uint64_t beats) {
    Clock::duration blocked;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (is_over_ || beats != beats_) return;  // it turns again
      blocked = Clock::now() - last_beat_;
    }
    std::string stack = CurrentStack(isolate);
    if (descriptor_ >= 0) {
      const auto ms = std::chrono::duration_cast<Milliseconds>(blocked).count();
      WriteAll(descriptor_, "greenthreads: the event loop has not turned for " +
                                std::to_string(ms) + " ms, because of\n" + stack);
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    stack_ = std::move(stack);
  }

  v8::Isolate* const isolate_;
  const Milliseconds threshold_;
  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point last_beat_ = Clock::now();
  uint64_t beats_ = 0;
  bool is_reported_ = false;  // for this beat an interrupt was asked for
  std::string stack_;
  bool is_over_ = false;
  bool is_finished_ = false;
};

// Those of one environment.
struct Watches {
  std::map<int, std::shared_ptr<Watch>> by_id;
  int last_id = 0;
};

Watches* Of(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return static_cast<Watches*>(UnwrapPointer(info.Data()));
}

Watch* NamedBy(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const int id = info[0]->IsInt32() ? info[0].As<v8::Int32>()->Value() : 0;
  const auto found = Of(info)->by_id.find(id);
  return found == Of(info)->by_id.end() ? nullptr : found->second.get();
}

void StartMonitor(const v8::FunctionCallbackInfo<v8::Value>& info) {
  if (!info[0]->IsInt32() || !info[1]->IsInt32()) return;
  Watches* watches = Of(info);
  auto watch = std::make_shared<Watch>(info.GetIsolate(), info[0].As<v8::Int32>()->Value(),
                                       info[1].As<v8::Int32>()->Value());
  if (!watch->Start()) return info.GetReturnValue().Set(0);
  watches->by_id[++watches->last_id] = std::move(watch);
  info.GetReturnValue().Set(watches->last_id);
}

void Beat(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Watch* watch = NamedBy(info);
  double blocked_ms;
  std::string stack;
  if (watch == nullptr || !watch->Beat(&blocked_ms, &stack)) return;
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::String> text;
  if (!v8::String::NewFromUtf8(isolate, stack.data(), v8::NewStringType::kNormal,
                               static_cast<int>(stack.size()))
           .ToLocal(&text)) {
    return;
  }
  v8::Local<v8::Value> report[] = {v8::Number::New(isolate, blocked_ms), text};
  info.GetReturnValue().Set(v8::Array::New(isolate, report, 2));
}

void StopMonitor(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Watch* watch = NamedBy(info);
  if (watch == nullptr) return;
  watch->Stop();
  Of(info)->by_id.erase(info[0].As<v8::Int32>()->Value());
}

void OnEnvironmentExit(void* data) {
  auto* watches = static_cast<Watches*>(data);
  for (const auto& [id, watch] : watches->by_id) watch->Stop();
  delete watches;
}

}  // namespace

void AddBlockingMonitor(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Object> exports) {
  auto* watches = new Watches;
  node::AddEnvironmentCleanupHook(isolate, OnEnvironmentExit, watches);
  const auto add = [&](const char* name, v8::FunctionCallback callback) {
    v8::Local<v8::Function> function =
        v8::FunctionTemplate::New(isolate, callback, WrapPointer(isolate, watches))
            ->GetFunction(context)
            .ToLocalChecked();
    v8::Local<v8::String> key = v8::String::NewFromUtf8(isolate, name).ToLocalChecked();
    exports->Set(context, key, function).Check();
  };
  add("startMonitor", StartMonitor);
  add("beat", Beat);
  add("stopMonitor", StopMonitor);
}

}  // namespace greenthreads
