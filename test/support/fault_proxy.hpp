#pragma once

#include "support/dialect.hpp"
#include "support/hostile_server.hpp"
#include "support/simulator_faults.hpp"

#include <Poco/URI.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::test {

/// What a request wants of Supabase. The names of these are what a Fault's `conversation` says behind a FaultProxy.
namespace place {
inline constexpr auto kPreflight = "preflight";     ///< is the table of conversations there?
inline constexpr auto kColumns = "columns";         ///< preflight: has the message table all columns?
inline constexpr auto kRights = "rights";           ///< preflight: may rows be inserted, and is there a unique key?
inline constexpr auto kDescription = "description"; ///< of the tables' columns, while the message table is empty
inline constexpr auto kCount = "count";             ///< of the work list
inline constexpr auto kWorkList = "work list";      ///< a page of it
inline constexpr auto kStoredIds = "stored ids";    ///< a look-up
inline constexpr auto kUpsert = "upsert";           ///< rows
} // namespace place

/// Stands between the program and the local stack's gateway, puts errors into a dialect, and strikes answers with the
/// same faults as the simulator.
/// A struck request was passed on before, unless the fault answers with something of its own: so a cut answer to an
/// upsert is one whose rows are stored. Fault::page means nothing here. All functions may be called from any thread.
class FaultProxy {
public:
    FaultProxy(std::string const& upstream, std::vector<Fault> faults, Dialect dialect = Dialect::v12);

    std::string base_url() const;
    std::size_t strikes() const { return strikes_; }
    void lift() { lifted_ = true; }                      ///< passes everything on from now
    void set_faults(std::vector<Fault> faults);          ///< in place of the others, from now
    std::size_t in_flight() const { return in_flight_; } ///< a program that was killed leaves some

    /// Calls `seen` with the place of each later request, before it is passed on; one at a time.
    void on_request(std::function<void(std::string_view place)> seen);

private:
    Connection answer(Peer& peer, Asked const& asked);
    Answer passed_on(Asked const& asked, std::string const& target) const;
    Answer answer_of(Fault const* fault, std::string const& place, Asked const& asked);

    Poco::URI const upstream_;
    Dialect const dialect_;
    std::shared_ptr<Behaviour> behaviour_;
    std::atomic<std::size_t> strikes_ = 0;
    std::atomic<std::size_t> in_flight_ = 0;
    std::atomic<bool> lifted_ = false;
    std::mutex mutex_;
    std::function<void(std::string_view)> seen_;
    std::map<std::string, Answer> last_; ///< by place
    HostileServer server_;               ///< the last member: it ends hanging and dripping answers before the others go
};

} // namespace backfill::test
