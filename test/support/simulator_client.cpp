#include "support/simulator_client.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>

#include <utility>

namespace backfill::test {

Conversations numbered(int count)
{
    Conversations conversations;
    for (auto i = 1; i <= count; ++i) {
        conversations["c"].push_back(R"({"id":"m)" + std::to_string(i) + R"("})");
    }
    conversations["empty"] = {};
    return conversations;
}

std::string path_of(int page, int items, std::string const& id)
{
    return "/v2/conversations/" + id + "/messages?page=" + std::to_string(page)
        + "&items_per_page=" + std::to_string(items);
}

SimulatorClient::SimulatorClient(Simulator const& simulator, std::string token)
    : session_{"127.0.0.1", simulator.port()}, token_{std::move(token)}
{
    session_.setKeepAlive(true);
}

std::string SimulatorClient::get(std::string const& path, std::string const& method)
{
    Poco::Net::HTTPRequest request{method, path, "HTTP/1.1"};
    request.set("Authorization", "Bearer " + token_);
    session_.sendRequest(request);
    std::string body;
    Poco::StreamCopier::copyToString(session_.receiveResponse(response), body);
    return body;
}

int SimulatorClient::status(std::string const& path)
{
    get(path);
    return response.getStatus();
}
Poco::Net::StreamSocket ask_raw(Simulator const& simulator, std::string const& path)
{
    Poco::Net::StreamSocket socket{Poco::Net::SocketAddress{"127.0.0.1", simulator.port()}};
    socket.setReceiveTimeout(Poco::Timespan{5, 0});
    auto const text = "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-token\r\n\r\n";
    socket.sendBytes(text.data(), static_cast<int>(text.size()));
    return socket;
}

std::string read_all(Poco::Net::StreamSocket socket)
{
    std::string all;
    char buffer[65'536];
    for (int got = 1; got > 0;) {
        got = socket.receiveBytes(buffer, sizeof buffer);
        all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
}

std::string after_header(std::string const& answer)
{
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

Poco::JSON::Object::Ptr parsed(std::string const& body)
{
    return Poco::JSON::Parser{}.parse(body).extract<Poco::JSON::Object::Ptr>();
}

std::string ids(std::string const& body)
{
    std::string list;
    auto const messages = parsed(body)->getArray("messages");
    for (unsigned i = 0; i < messages->size(); ++i) {
        list += (list.empty() ? "" : " ") + messages->getObject(i)->getValue<std::string>("id");
    }
    return list;
}

std::string link_of(std::string const& body, std::string const& key)
{
    auto const link = parsed(body)->getObject("link");
    return link ? link->optValue<std::string>(key, "no " + key) : "no link";
}

bool has(std::string const& text, std::string const& needle)
{
    return text.find(needle) != std::string::npos;
}

Switches with(Fault fault)
{
    Switches switches;
    switches.faults = {std::move(fault)};
    return switches;
}

Fault of_kind(FaultKind kind)
{
    return {.times = kAlways, .kind = kind};
}

} // namespace backfill::test
