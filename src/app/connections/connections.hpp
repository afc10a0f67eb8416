#pragma once

#include "app/settings/settings.hpp"
#include "backfill/http/transport.hpp"

#include <functional>
#include <memory>

namespace backfill::app {

/// Makes one connection per thread of the pipeline.
struct Connections {
    std::function<std::unique_ptr<http::Transport>()> freshchat;
    std::function<std::unique_ptr<http::Transport>()> supabase;
};

/// To both sides, as the settings say. Refers to them.
Connections connections_of(Settings const& settings);

} // namespace backfill::app
