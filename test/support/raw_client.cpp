#include "support/raw_client.hpp"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

namespace backfill::test {

std::string raw_answer(
    std::uint16_t port, std::string const& target, std::string const& body, std::string const& connection)
{
    Poco::Net::StreamSocket socket{Poco::Net::SocketAddress{"127.0.0.1", port}};
    socket.setReceiveTimeout(Poco::Timespan{5, 0});
    auto const request = (body.empty() ? "GET " : "POST ") + target
        + " HTTP/1.1\r\nHost: x\r\nConnection: " + connection + "\r\nAuthorization: Bearer test-token\r\n"
        + (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
    socket.sendBytes(request.data(), static_cast<int>(request.size()));
    std::string all;
    char buffer[65'536];
    for (int got = 1; got > 0;) {
        got = socket.receiveBytes(buffer, sizeof buffer);
        all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
}

std::string body_of(std::string const& answer)
{
    auto const end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::string status_of(std::string const& answer)
{
    return answer.empty() ? "" : answer.substr(9, 3);
}

} // namespace backfill::test
