#include "team.h"

namespace eremo {
namespace {

constexpr int kLine = 64;
constexpr int kExpectedBytes = 192 << 10;  // fits the second-level cache of most cores
constexpr int kSpins = 4000;  // some tens of microseconds up to a few hundred

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // yield does nothing on most cores
#endif
}

// Spins until is_done(); where another process has the core that is waited for, gives way to it.
template <class Condition>
void spin_until(Condition is_done) {
  for (int spins = 0; !is_done(); spins++) {
    if (spins < kSpins)
      relax();
    else
      std::this_thread::yield();
  }
}

}  // namespace

Team::Team(int num_threads) : size_(num_threads < 1 ? 1 : num_threads), taken_(size_) {
  for (int index = 1; index < size_; index++)
    threads_.emplace_back([this, index] { serve(index); });
}

Team::~Team() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
    generation_.value.fetch_add(1);
  }
  awake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run_job(Job job, void* argument) {
  job_ = job;
  argument_ = argument;
  generation_.value.fetch_add(1);
  if (sleeping_.load()) {
    // Whoever counts itself as sleeping looks at the generation once more under the lock.
    std::lock_guard<std::mutex> lock(mutex_);
    awake_.notify_all();
  }
  Worker worker(*this, 0);
  job(worker, argument);
  wait_for_others();
}

void Team::serve(int index) {
  for (int seen = 0; wait_for_job(seen); seen++) {
    Worker worker(*this, index);
    job_(worker, argument_);
    wait_for_others();
  }
}

// False at the end of the team. Every job is waited for by all, so that none is missed.
bool Team::wait_for_job(int seen) {
  for (int spins = 0; spins < kSpins; spins++) {
    if (generation_.value.load(std::memory_order_acquire) != seen) return !is_over_;
    relax();
  }
  std::unique_lock<std::mutex> lock(mutex_);
  sleeping_.fetch_add(1);
  awake_.wait(lock, [&] { return generation_.value.load() != seen; });
  sleeping_.fetch_sub(1);
  return !is_over_;
}

void Team::wait_for_others(const uint8_t* expected) {
  const int phase = phase_.value.load(std::memory_order_acquire);
  if (arrived_.value.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
    arrived_.value.store(0, std::memory_order_relaxed);
    for (Counter& taken : taken_) taken.value.store(0, std::memory_order_relaxed);
    phase_.value.store(phase + 1, std::memory_order_release);
    return;
  }
  const auto is_over = [&] { return phase_.value.load(std::memory_order_acquire) != phase; };
  if (expected)
    for (int at = 0; at < kExpectedBytes && !is_over(); at += kLine)
      __builtin_prefetch(expected + at, 0, 2);
  spin_until(is_over);
}

}  // namespace eremo
