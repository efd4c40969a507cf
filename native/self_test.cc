#include "self_test.h"

#include <mutex>

#include "coroutine.h"
#include "v8_pointer.h"

namespace greenthreads {

namespace {

constexpr size_t kStackBytes = 256 * 1024;

// `steps` counts what has passed; the first thing that does not throws.
constexpr const char kSource[] = R"((suspend, collect) => {
  const state = { steps: 0, failure: 'it did not start' }
  const check = (ok, what) => {
    if (!ok) throw new Error(what)
    state.steps++
  }
  const overflows = () => {
    try {
      return (function recurse() { return recurse() + 1 })()
    } catch (error) {
      return error instanceof RangeError
    }
  }
  const throwsThroughBuiltins = () => {
    try {
      [2, 1].sort(() => { suspend(); throw state })
    } catch (thrown) {
      return thrown === state
    }
  }
  state.entry = (slot) => {
    try {
      const young = { text: `stack ${slot}`, list: [slot, { slot }] }
      suspend()
      check(young.list[1].slot === slot && young.text === `stack ${slot}`, 'objects did not survive a collection while suspended')
      collect()
      check(young.list[0] === slot, 'objects did not survive a collection while running')
      check(overflows() === true, 'stack overflow was no RangeError')
      check(throwsThroughBuiltins(), 'an exception did not arrive')
      state.failure = ''
    } catch (error) {
      state.failure = error.message
    }
    for (;;) suspend()
  }
  state.main = () => {
    const young = { list: [{ steps: state.steps }] }
    collect()
    const isLast = state.failure === ''
    return young.list[0].steps === state.steps && (!isLast || overflows() === true)
  }
  return state
})";

class SelfTest {
 public:
  explicit SelfTest(Coroutines* coroutines)
      : coroutines_(coroutines), isolate_(coroutines->isolate()),
        context_(isolate_->GetCurrentContext()) {}

  bool Run(std::string* why_not) {
    v8::TryCatch try_catch(isolate_);
    v8::Local<v8::Object> state;
    if (!Prepare().ToLocal(&state)) return Fail(why_not, "its script did not run");
    v8::Local<v8::Function> entry = Member(state, "entry").As<v8::Function>();
    v8::Local<v8::Function> main = Member(state, "main").As<v8::Function>();
    coroutines_->SetEntry(entry);

    coroutine_ = coroutines_->New(kStackBytes);
    if (coroutine_ == nullptr) return Fail(why_not, "no stack could be made");
    bool main_is_well = true;
    constexpr int kSwitches = 3;
    for (int i = 0; i < kSwitches; i++) {
      coroutines_->Switch(coroutine_, true, true);
      v8::Local<v8::Value> result;
      main_is_well = main_is_well && main->Call(context_, state, 0, nullptr).ToLocal(&result) &&
                     result->IsTrue();
    }
    coroutines_->Destroy(coroutine_, false);
    if (!main_is_well) return Fail(why_not, "the main stack was damaged");
    v8::String::Utf8Value failure(isolate_, Member(state, "failure"));
    return failure.length() == 0 || Fail(why_not, *failure);
  }

 private:
  static bool Fail(std::string* why_not, const std::string& what) {
    *why_not = "self-test: " + what;
    return false;
  }

  v8::MaybeLocal<v8::Object> Prepare() {
    v8::Local<v8::Value> self = WrapPointer(isolate_, this);
    v8::Local<v8::Value> arguments[2];
    v8::Local<v8::Function> suspend, collect;
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> make, state;
    if (!v8::Function::New(context_, Suspend, self).ToLocal(&suspend) ||
        !v8::Function::New(context_, Collect, self).ToLocal(&collect) ||
        !v8::Script::Compile(context_, v8::String::NewFromUtf8Literal(isolate_, kSource))
             .ToLocal(&script) ||
        !script->Run(context_).ToLocal(&make)) {
      return {};
    }
    arguments[0] = suspend;
    arguments[1] = collect;
    if (!make.As<v8::Function>()->Call(context_, make, 2, arguments).ToLocal(&state)) return {};
    return state.As<v8::Object>();
  }

  v8::Local<v8::Value> Member(v8::Local<v8::Object> object, const char* name) {
    return object->Get(context_, v8::String::NewFromUtf8(isolate_, name).ToLocalChecked())
        .ToLocalChecked();
  }

  static SelfTest* Of(const v8::FunctionCallbackInfo<v8::Value>& info) {
    return static_cast<SelfTest*>(UnwrapPointer(info.Data()));
  }

  static void Suspend(const v8::FunctionCallbackInfo<v8::Value>& info) {
    Coroutines* coroutines = Of(info)->coroutines_;
    coroutines->Switch(coroutines->main(), false, false);
  }

  static void Collect(const v8::FunctionCallbackInfo<v8::Value>& info) {
    // V8 offers forced collections only with this flag, which adds a global
    // function to contexts made while it is set: none is made here.
    v8::Isolate* isolate = info.GetIsolate();
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    v8::Local<v8::Value> exposed;
    const bool is_exposed =
        context->Global()
            ->Get(context, v8::String::NewFromUtf8Literal(isolate, "gc"))
            .ToLocal(&exposed) &&
        exposed->IsFunction();
    if (!is_exposed) v8::V8::SetFlagsFromString("--expose-gc");
    isolate->RequestGarbageCollectionForTesting(v8::Isolate::kMinorGarbageCollection);
    if (!is_exposed) v8::V8::SetFlagsFromString("--no-expose-gc");
  }

  Coroutines* coroutines_;
  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  Coroutine* coroutine_ = nullptr;
};

}  // namespace

bool PassesSelfTest(Coroutines* coroutines, std::string* why_not) {
  // The result is a property of this build of Node, not of the isolate.
  static std::mutex mutex;
  static bool has_run = false;
  static std::string failure;
  std::lock_guard<std::mutex> lock(mutex);
  if (!has_run) {
    has_run = true;
    v8::HandleScope scope(coroutines->isolate());
    SelfTest(coroutines).Run(&failure);
  }
  *why_not = failure;
  return failure.empty();
}

}  // namespace greenthreads
