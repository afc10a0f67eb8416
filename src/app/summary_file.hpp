#pragma once

#include "app/run_end.hpp"

#include "backfill/app/run_facts.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/file.hpp"

#include <string>

namespace backfill::app {

/// The whole result as JSON, with a newline. It holds ids, reasons and numbers; no secret and no text of a customer.
std::string summary_json(Settings const& settings, RunFacts const& facts, RunEnd const& end);

/// SUMMARY_FILE: opened when the run begins, to see that it can be written, and put in place when the run has ended in
/// any way but a kill. One thread at a time.
class SummaryFile {
public:
    explicit SummaryFile(std::string const& path) : file_{path, FileReplacement::Readers::all} {}

    void commit(std::string const& json);
    std::string const& error() const { return file_.error(); } ///< why it is not what it should be; "" while it is

private:
    FileReplacement file_;
};

} // namespace backfill::app
