#include "http/gunzip.hpp"

#include "backfill/http/transport.hpp"

#include <fmt/format.h>

#define ZLIB_CONST // its input is const
#include <zlib.h>

#include <array>
#include <memory>

namespace backfill::http {

std::string gunzip(std::string const& packed, std::size_t max_bytes)
{
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef const*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = inflateInit2(&stream, kGzipOnly);
    std::unique_ptr<z_stream, decltype(&inflateEnd)> const guard{&stream, &inflateEnd};
    std::string body;
    std::array<char, 16'384> room{};
    while (state == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) {
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        state = inflate(&stream, Z_NO_FLUSH);
        auto const got = room.size() - stream.avail_out;
        if (got > max_bytes - body.size()) {
            throw TransportError{
                TransportError::Kind::protocol, fmt::format("the unpacked body is larger than {} bytes", max_bytes)};
        }
        body.append(room.data(), got);
    }
    if (state != Z_STREAM_END && state != Z_OK && state != Z_BUF_ERROR) {
        throw TransportError{TransportError::Kind::protocol,
            fmt::format("the gzip body cannot be unpacked: {}", stream.msg ? stream.msg : zError(state))};
    }
    if (state != Z_STREAM_END || stream.avail_in > 0) {
        throw TransportError{TransportError::Kind::truncated, "a gzip body without its end"};
    }
    return body;
}

} // namespace backfill::http
