#include "http/gunzip.hpp"

#include "http/call_failure.hpp"
#include "http/patience.hpp"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/MemoryStream.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace backfill::http {
namespace {

using Kind = TransportError::Kind;

constexpr std::size_t kLeastGzip = 18; // header and trailer

/// The trailer's last word: the unpacked size. Poco's stream ends a cut body without an error, so this tells.
std::uint32_t announced_size(std::string const& packed)
{
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        size = (size << 8U) | static_cast<unsigned char>(packed[packed.size() - 1 - i]);
    }
    return size;
}

} // namespace

std::string gunzip(std::string const& packed, std::size_t max_bytes)
{
    if (packed.size() < kLeastGzip) {
        throw CallFailure{Kind::truncated, "a gzip body without its end"};
    }
    std::string body;
    std::array<char, 16'384> room{};
    try {
        Poco::MemoryInputStream source{packed.data(), static_cast<std::streamsize>(packed.size())};
        Poco::InflatingInputStream unpacked{source, Poco::InflatingStreamBuf::STREAM_GZIP};
        while (unpacked.good()) {
            unpacked.read(room.data(), room.size());
            auto const got = static_cast<std::size_t>(unpacked.gcount());
            if (got > max_bytes - body.size()) {
                throw CallFailure{
                    Kind::protocol, "the unpacked body is larger than " + std::to_string(max_bytes) + " bytes"};
            }
            body.append(room.data(), got);
        }
        if (unpacked.bad()) {
            throw CallFailure{Kind::protocol, "the gzip body cannot be unpacked"};
        }
    } catch (Poco::Exception const& error) {
        throw CallFailure{Kind::protocol, "the gzip body cannot be unpacked: " + error.displayText()};
    }
    if (static_cast<std::uint32_t>(body.size()) != announced_size(packed)) {
        throw CallFailure{Kind::truncated, "a gzip body without its end"};
    }
    return body;
}

} // namespace backfill::http
