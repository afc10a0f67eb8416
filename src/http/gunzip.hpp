#pragma once

#include <cstddef>
#include <string>

namespace backfill::http {

/// Unpacks a gzip body. Throws TransportError: truncated when its end is missing, protocol when it is no gzip or larger
/// than `max_bytes` (a few kilobytes can unpack to gigabytes; no more than `max_bytes` is ever held).
std::string gunzip(std::string const& packed, std::size_t max_bytes);

} // namespace backfill::http
