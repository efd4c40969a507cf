// Strict hand-off between OS threads: whoever holds the baton runs.
#pragma once

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#else
#include <condition_variable>
#include <mutex>
#endif

namespace greenthreads {

#if defined(__linux__)

class Baton {
 public:
  void Pass() {
    held_.store(1, std::memory_order_release);
    syscall(SYS_futex, &held_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

  void Await() {
    while (held_.exchange(0, std::memory_order_acquire) != 1) {
      syscall(SYS_futex, &held_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    }
  }

 private:
  std::atomic<int> held_{0};
};

// Waking a thread that sleeps on another core costs 20 to 60 us, on the same core 5.
// So a thread asks to be woken where it fell asleep. Asking costs 3 us as well,
// therefore it stays there for some wakes; then the system may move it once.
class TransientPin {
 public:
  // To call before the baton is passed on, which may wake us at any moment.
  void Narrow() {
    if (is_narrow_) return;
    cpu_ = sched_getcpu();
    is_narrow_ = Pin(0, cpu_);
  }

  void Widen() {
    if (!is_narrow_ || ++wakes_ % kWakesPinned != 0) return;
    is_narrow_ = sched_setaffinity(0, sizeof(all_), &all_) != 0;
  }

  void Remember() { sched_getaffinity(0, sizeof(all_), &all_); }
  void Adopt(const TransientPin& other) { all_ = other.all_; }

  // The resumer may have moved since: fetch the sleeper to where we are.
  void MoveHere(pid_t thread) {
    const int cpu = sched_getcpu();
    if (is_narrow_ && cpu != cpu_ && Pin(thread, cpu)) cpu_ = cpu;
  }

 private:
  static constexpr unsigned kWakesPinned = 64;

  static bool Pin(pid_t thread, int cpu) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(cpu, &here);
    return sched_setaffinity(thread, sizeof(here), &here) == 0;
  }

  cpu_set_t all_;
  int cpu_ = -1;
  unsigned wakes_ = 0;
  bool is_narrow_ = false;
};

#else

class Baton {
 public:
  void Pass() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      is_held_ = true;
    }
    changed_.notify_one();
  }

  void Await() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return is_held_; });
    is_held_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;
};

#endif

}  // namespace greenthreads
