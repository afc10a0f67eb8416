#pragma once

#include "support/simulator_answers.hpp"
#include "support/simulator_switches.hpp"
#include "support/simulator_wire.hpp"

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::test {

/// One setting of the switches and what it has counted. Thread-safe.
class Behaviour {
public:
    explicit Behaviour(Switches switches);

    Switches const& switches() const { return switches_; }
    /// The fault that strikes this request; null when it is spared. Valid as long as the behaviour.
    Fault const* strike(std::string const& conversation, int page);
    Changed changed(std::string const& conversation) const;
    /// What the quota says of a call now. Without one, every call is admitted.
    Ruling rule_on_call();
    /// To be told after each page that was answered in good order.
    void page_answered(std::string const& conversation, int page);

private:
    Switches const switches_;
    mutable std::mutex mutex_;
    std::vector<std::size_t> strikes_; ///< requests that matched, one entry a fault
    std::set<std::string, std::less<>> changed_;
    QuotaModel quota_;
};

/// Quoted by simulated errors of PostgREST where the real ones quote a row: must not stand in any output.
inline constexpr std::string_view kQuotedText = "what a customer wrote in a row";

std::string gzipped(std::string const& body);

/// True for those that answer with something of their own instead of the page.
bool replaces_page(FaultKind kind);
/// For these: what is answered.
Answer fault_answer(Fault const& fault);

/// The status the client gets to see; 0 = none.
int visible_status(Fault const& fault, Answer const& answer);

/// Sends the page, or what else is answered, in the fault's way if there is one. Returns what becomes of the
/// connection.
Connection send_answer(Peer& peer, Fault const* fault, PageAnswer const& page, Framing framing, Connection connection);

} // namespace backfill::test
