// A few threads that work on one thing together, phase by phase.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
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
  void wait_for_others(const uint8_t* expected = nullptr);

  const int size_;
  std::vector<std::thread> threads_;
  Job job_ = nullptr;
  void* argument_ = nullptr;
  Counter generation_;  // of the job
  std::vector<Counter> taken_;  // items of the phase, of each thread's share
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

  // Of so many items of a phase, the first that this thread takes.
  int first_of(int count) const { return Share::begin(count, index_, team_.size_); }

  // Where the thread will begin to read after the phase that comes now: at the end of that it
  // fetches as much as it can while it waits for the others.
  void expect(const uint8_t* data) { expected_ = data; }

  // A phase: work(item) for every item from 0, each by whichever thread is free; then all threads
  // wait for each other.
  template <class Work>
  void each(int count, Work&& work) {
    each_run(count, 1, [&](int first, int end) {
      for (int item = first; item < end; item++) work(item);
    });
  }

  // As `each`, but with work(first, end) for up to `longest` neighbours at a time: what lies side by
  // side in memory is read faster in long runs.
  template <class Work>
  void each_run(int count, int longest, Work&& work) {
    // First the thread's own share, the same one at every time: what it reads there may still be in
    // its caches. Then what the others haven't come to.
    for (int offset = 0; offset < team_.size_; offset++) {
      const int owner = (index_ + offset) % team_.size_;
      const Share share(count, owner, team_.size_, longest);
      int first, end;
      while (share.take(team_.taken_[owner].value, &first, &end)) work(first, end);
    }
    team_.wait_for_others(expected_);
    expected_ = nullptr;
  }

 private:
  // Neighbouring items. The fewer are left, the shorter the runs, so that the threads end together.
  class Share {
   public:
    Share(int count, int owner, int num_owners, int longest)
        : begin_(begin(count, owner, num_owners)),
          count_(begin(count, owner + 1, num_owners) - begin_),
          longest_(longest) {}

    // `taken` counts what of the share somebody has.
    bool take(std::atomic<int>& taken, int* first, int* end) const {
      int at = taken.load(std::memory_order_relaxed), length;
      do {
        if (at >= count_) return false;
        const int part = (count_ - at) / 4;
        length = part > longest_ ? longest_ : part < 1 ? 1 : part;
      } while (!taken.compare_exchange_weak(at, at + length, std::memory_order_relaxed));
      *first = begin_ + at;
      *end = *first + length;
      return true;
    }

    static int begin(int count, int owner, int num_owners) {
      return static_cast<int>((static_cast<int64_t>(count) * owner + num_owners - 1) / num_owners);
    }

   private:
    int begin_, count_, longest_;
  };

  Team& team_;
  const int index_;
  const uint8_t* expected_ = nullptr;
};

}  // namespace eremo
