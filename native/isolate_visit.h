// Another OS thread takes the isolate's lock for a moment, so that V8 archives the calling one.
#pragma once

#include <v8.h>

#include "baton.h"
#include "os_thread.h"

namespace greenthreads {

// Runs `body` on another OS thread which holds the isolate. False when the system has no thread to give.
template <typename Body>
bool VisitIsolate(v8::Isolate* isolate, Body body) {
  constexpr size_t kStackBytes = 256 * 1024;
  struct Visit {
    v8::Isolate* isolate;
    Body body;
    Baton end;
  } visit{isolate, body, {}};
  const auto run = [](void* argument) {
    auto* visit = static_cast<Visit*>(argument);
    {
      v8::Locker locker(visit->isolate);
      visit->body();
    }
    visit->end.Pass();
  };
  bool has_run = false;
  {
    v8::Unlocker unlocker(isolate);
    has_run = StartThread(run, &visit, kStackBytes);
    if (has_run) visit.end.Await();
  }
  // The lock is back, and with it the calling stack: the collector must learn its bounds.
  isolate->Enter();
  isolate->Exit();
  return has_run;
}

}  // namespace greenthreads
