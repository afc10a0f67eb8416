#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace backfill {

/// A token or key. It has no conversion to text and prints as ***, so only `reveal()` puts it into a header.
/// printable() masks it wherever a server echoes it.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value);

    std::string const& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

    friend std::ostream& operator<<(std::ostream& out, Secret const&) { return out << "***"; }

private:
    std::string value_;
};

/// `text` with this process's secrets of eight bytes or more masked; nothing when it holds none. Any thread.
std::optional<std::string> with_secrets_masked(std::string_view text);

} // namespace backfill
