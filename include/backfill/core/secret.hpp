#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace backfill {

/// A token or key. It has no conversion to text and prints as ***, so that it reaches a header by `reveal()` only; and
/// what makes foreign text printable masks it, wherever a server sends it back.
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

/// Nothing when no secret of this process, of at least eight bytes, stands in the text. Any thread.
std::optional<std::string> with_secrets_masked(std::string_view text);

} // namespace backfill
