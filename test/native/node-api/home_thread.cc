#include "home_thread.h"

#include <string>
#include <utility>
#include <vector>

namespace {

// As addons in Rust have it for their classes.
thread_local bool is_home = false;

std::vector<std::string> calls;
napi_ref counter_class = nullptr;

// Called at the beginning of each function.
void Note(const char* name) { calls.push_back(std::string(name) + (is_home ? "" : " elsewhere")); }

napi_value Number(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

struct Arguments {
  Arguments(napi_env env, napi_callback_info info) {
    size_t count = 2;
    void* data;
    napi_get_cb_info(env, info, &count, values, &self, &data);
  }
  napi_value self;
  napi_value values[2];
};

napi_value TakeCalls(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  uint32_t index = 0;
  for (const std::string& call : std::exchange(calls, {})) {
    napi_value text;
    napi_create_string_utf8(env, call.c_str(), call.size(), &text);
    napi_set_element(env, list, index++, text);
  }
  return list;
}

napi_value Plain(napi_env env, napi_callback_info info) {
  Note("plain");
  return Arguments(env, info).values[0];
}

napi_value Made(napi_env env, napi_callback_info info) {
  Note("made");
  return Arguments(env, info).values[0];
}

napi_value NewFunction(napi_env env) {
  napi_value function;
  napi_create_function(env, "made", NAPI_AUTO_LENGTH, Made, nullptr, &function);
  return function;
}

napi_value MakeFunction(napi_env env, napi_callback_info) {
  Note("makeFunction");
  return NewFunction(env);
}

napi_value Fail(napi_env env, napi_callback_info) {
  Note("fail");
  napi_throw_type_error(env, "E_FIXTURE", "of the addon");
  return nullptr;
}

// What a class in Rust does with a promise that it is given.
napi_value AwaitPromise(napi_env env, napi_callback_info info) {
  Note("awaitPromise");
  napi_value promise = Arguments(env, info).values[0];
  napi_value then, result = nullptr;
  napi_get_named_property(env, promise, "then", &then);
  napi_value reactions[] = {NewFunction(env), NewFunction(env)};
  napi_call_function(env, promise, then, 2, reactions, &result);
  return result;
}

void CallAndRelease(napi_env env, napi_ref kept) {
  napi_value function, global;
  napi_get_reference_value(env, kept, &function);
  napi_get_global(env, &global);
  napi_call_function(env, global, function, 0, nullptr, nullptr);
  napi_delete_reference(env, kept);
}

struct Work {
  napi_ref callback;
  napi_async_work work;
};

napi_value DoWork(napi_env env, napi_callback_info info) {
  Note("doWork");
  auto* job = new Work;
  napi_create_reference(env, Arguments(env, info).values[0], 1, &job->callback);
  napi_value name;
  napi_create_string_utf8(env, "work", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(
      env, nullptr, name, [](napi_env, void*) {},
      [](napi_env env, napi_status, void* data) {
        Note("work done");
        auto* job = static_cast<Work*>(data);
        CallAndRelease(env, job->callback);
        napi_delete_async_work(env, job->work);
        delete job;
      },
      job, &job->work);
  napi_queue_async_work(env, job->work);
  return nullptr;
}

napi_value CallLater(napi_env env, napi_callback_info info) {
  Note("callLater");
  napi_value name;
  napi_create_string_utf8(env, "later", NAPI_AUTO_LENGTH, &name);
  napi_threadsafe_function later;
  napi_create_threadsafe_function(
      env, Arguments(env, info).values[0], nullptr, name, 0, 1, nullptr, nullptr, nullptr,
      [](napi_env env, napi_value function, void*, void*) {
        Note("later");
        napi_value global;
        napi_get_global(env, &global);
        napi_call_function(env, global, function, 0, nullptr, nullptr);
      },
      &later);
  napi_call_threadsafe_function(later, nullptr, napi_tsfn_blocking);
  napi_release_threadsafe_function(later, napi_tsfn_release);
  return nullptr;
}

napi_value NewCounter(napi_env env, napi_callback_info info) {
  Note("constructor");
  napi_value self = Arguments(env, info).self;
  napi_wrap(
      env, self, new double(0),
      [](napi_env, void* data, void*) {
        Note("finalizer");
        delete static_cast<double*>(data);
      },
      nullptr, nullptr);
  return self;
}

double* CountOf(napi_env env, napi_value self) {
  void* data = nullptr;
  napi_unwrap(env, self, &data);
  return static_cast<double*>(data);
}

napi_value Add(napi_env env, napi_callback_info info) {
  Note("add");
  const Arguments arguments(env, info);
  double amount = 0;
  napi_get_value_double(env, arguments.values[0], &amount);
  return Number(env, *CountOf(env, arguments.self) += amount);
}

napi_value GetCount(napi_env env, napi_callback_info info) {
  Note("get count");
  return Number(env, *CountOf(env, Arguments(env, info).self));
}

napi_value SetCount(napi_env env, napi_callback_info info) {
  Note("set count");
  const Arguments arguments(env, info);
  napi_get_value_double(env, arguments.values[0], CountOf(env, arguments.self));
  return nullptr;
}

// An instance that no JavaScript has constructed.
napi_value CreateCounter(napi_env env, napi_callback_info) {
  Note("create");
  napi_value constructor, counter = nullptr;
  napi_get_reference_value(env, counter_class, &constructor);
  napi_new_instance(env, constructor, 0, nullptr, &counter);
  return counter;
}

// Members are replaceable as in napi-rs, or not as in C and C++.
napi_value DefineCounter(napi_env env, const char* name, napi_property_attributes attributes) {
  const auto of_class = static_cast<napi_property_attributes>(attributes | napi_static);
  const napi_property_descriptor members[] = {
      {"add", nullptr, Add, nullptr, nullptr, nullptr, attributes, nullptr},
      {"count", nullptr, nullptr, GetCount, SetCount, nullptr, attributes, nullptr},
      {"create", nullptr, CreateCounter, nullptr, nullptr, nullptr, of_class, nullptr},
  };
  napi_value constructor;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, NewCounter, nullptr, 3, members, &constructor);
  return constructor;
}

napi_property_descriptor Function(const char* name, napi_callback callback,
                                  napi_property_attributes attributes) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, attributes, nullptr};
}

}  // namespace

void AddHomeThread(napi_env env, napi_value exports) {
  is_home = true;
  napi_value fixed = DefineCounter(env, "FixedCounter", napi_default);
  napi_create_reference(env, fixed, 1, &counter_class);
  napi_value inner;
  napi_create_object(env, &inner);
  const napi_property_descriptor deep[] = {Function("plain", Plain, napi_default_jsproperty)};
  napi_define_properties(env, inner, 1, deep);
  const napi_property_descriptor members[] = {
      Function("takeCalls", TakeCalls, napi_default),
      Function("plain", Plain, napi_default),
      Function("makeFunction", MakeFunction, napi_enumerable),
      Function("fail", Fail, napi_default_jsproperty),
      Function("awaitPromise", AwaitPromise, napi_default_jsproperty),
      Function("doWork", DoWork, napi_default_jsproperty),
      Function("callLater", CallLater, napi_default_jsproperty),
      {"Counter", nullptr, nullptr, nullptr, nullptr,
       DefineCounter(env, "Counter", napi_default_jsproperty), napi_default_jsproperty, nullptr},
      {"FixedCounter", nullptr, nullptr, nullptr, nullptr, fixed, napi_enumerable, nullptr},
      {"inner", nullptr, nullptr, nullptr, nullptr, inner, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof(members) / sizeof(members[0]), members);
}
