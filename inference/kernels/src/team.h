// A few threads that work on one thing together, phase by phase.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace eremo {

// One of the team's threads, while they work.
class Worker;

// The threads wait for work by spinning for a fraction of a millisecond, since the next piece
// mostly comes at once, and sleep after that.
class Team {
 public:
  explicit Team(int num_threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  // Every thread calls work(worker), the calling one too; returns when all are done.
  template <class Work>
  void run(Work&& work) {
    using Callable = std::remove_reference_t<Work>;
    run_job([](Worker& worker, void* at) { (*static_cast<Callable*>(at))(worker); }, &work);
  }

 private:
  friend class Worker;
  using Job = void (*)(Worker&, void*);
  struct alignas(64) Counter {
    std::atomic<int> value{0};
  };

  void run_job(Job job, void* argument);
  void serve(int index);
  bool wait_for_job(int seen);
  void wait_for_others();

  const int size_;
  std::vector<std::thread> threads_;
  Job job_ = nullptr;
  void* argument_ = nullptr;
  Counter generation_;  // of the job
  Counter next_;        // item of the phase
  Counter arrived_;     // threads at the end of the phase
  Counter phase_;
  std::mutex mutex_;
  std::condition_variable awake_;
  std::atomic<int> sleeping_{0};
  bool is_over_ = false;
};

class Worker {
 public:
  Worker(Team& team, int index) : team_(team), index_(index) {}

  int index() const { return index_; }

  // A phase: work(item) for every item from 0, each by whichever thread is free; then all threads
  // wait for each other.
  template <class Work>
  void each(int count, Work&& work) {
    each_run(count, 1, [&](int first, int end) {
      for (int item = first; item < end; item++) work(item);
    });
  }

  // As `each`, but with work(first, end) for up to `longest` neighbours at a time: what lies side by
  // side in memory is read faster in long runs. The last quarter comes in single items, so that the
  // threads end together.
  template <class Work>
  void each_run(int count, int longest, Work&& work) {
    const int share = count / (4 * team_.size_);
    const int length = share < longest ? share : longest;
    const int num_runs = length > 1 ? count / 4 * 3 / length : 0;
    for (int ticket = next();; ticket = next()) {
      const bool is_run = ticket < num_runs;
      const int first = is_run ? ticket * length : ticket + num_runs * (length - 1);
      if (first >= count) break;
      work(first, is_run ? first + length : first + 1);
    }
    team_.wait_for_others();
  }

 private:
  int next() { return team_.next_.value.fetch_add(1, std::memory_order_relaxed); }

  Team& team_;
  const int index_;
};

}  // namespace eremo
