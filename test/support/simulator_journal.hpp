#pragma once

#include "support/simulator.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace backfill::test {

enum class Result { page, other, fault };

/// What was asked, kept for tests to read. Thread-safe.
class Journal {
public:
    void add(SeenRequest const& request, Result result, Recording recording);

    std::vector<SeenRequest> requests() const;
    Counters counters() const;
    void clear();
    bool wait(std::size_t count, std::chrono::milliseconds patience) const;
    void on_request(std::function<void(SeenRequest const&)> seen);

    /// A request is in flight as long as one of these lives.
    class Flight {
    public:
        explicit Flight(Journal& journal);
        ~Flight();
        Flight(Flight const&) = delete;
        Flight& operator=(Flight const&) = delete;

    private:
        Journal& journal_;
    };

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<SeenRequest> requests_;
    Counters counters_;
    std::size_t in_flight_ = 0;
    std::function<void(SeenRequest const&)> seen_;
};

} // namespace backfill::test
