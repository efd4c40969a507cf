// An OS thread with a stack of a given size, which std::thread cannot give.
#pragma once

#include <cstddef>

#if defined(_WIN32)
#include <thread>
#else
#include <pthread.h>
#endif

namespace greenthreads {

// Starts a detached thread that calls body(argument). False when the system has no more.
inline bool StartThread(void (*body)(void*), void* argument, size_t stack_bytes) {
#if defined(_WIN32)
  (void)stack_bytes;  // the reserve of the executable applies: 1 MiB or more
  try {
    std::thread(body, argument).detach();
    return true;
  } catch (...) {
    return false;
  }
#else
  struct Start {
    void (*body)(void*);
    void* argument;
  };
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  auto* start = new Start{body, argument};
  pthread_t thread;
  const int error = pthread_create(
      &thread, &attributes,
      [](void* packed) -> void* {
        const Start start = *static_cast<Start*>(packed);
        delete static_cast<Start*>(packed);
        start.body(start.argument);
        return nullptr;
      },
      start);
  pthread_attr_destroy(&attributes);
  if (error != 0) delete start;
  return error == 0;
#endif
}

}  // namespace greenthreads
