#pragma once

#include "support/simulator_switches.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::test {

/// What a request wants of Supabase. The names of these are what a Fault's `conversation` says behind a FaultProxy.
namespace place {
inline constexpr auto kPreflight = "preflight";  ///< is the table of conversations there?
inline constexpr auto kColumns = "columns";      ///< preflight: has the message table all columns?
inline constexpr auto kRights = "rights";        ///< preflight: may rows be inserted, and is there a unique key?
inline constexpr auto kCount = "count";          ///< of the work list
inline constexpr auto kWorkList = "work list";   ///< a page of it
inline constexpr auto kStoredIds = "stored ids"; ///< a look-up
inline constexpr auto kUpsert = "upsert";        ///< rows
} // namespace place

/// Stands between the program and the local stack's gateway and strikes answers with the same faults as the simulator.
/// A struck request was passed on before, unless the fault answers with something of its own: so a cut answer to an
/// upsert is one whose rows are stored. Fault::page means nothing here. All functions may be called from any thread.
class FaultProxy {
public:
    FaultProxy(std::string const& upstream, std::vector<Fault> faults);
    ~FaultProxy(); ///< ends hanging and dripping answers at once
    FaultProxy(FaultProxy const&) = delete;
    FaultProxy& operator=(FaultProxy const&) = delete;

    std::string base_url() const;
    std::size_t strikes() const;
    void lift(); ///< passes everything on from now

    /// Calls `seen` with the place of each later request, before it is passed on; one at a time.
    void on_request(std::function<void(std::string_view place)> seen);

private:
    class Server;
    std::unique_ptr<Server> server_;
};

} // namespace backfill::test
