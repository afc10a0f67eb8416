#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace backfill {

/// A token or key. It has no conversion to text and prints as ***, so that it reaches a header by `reveal()` only.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_{std::move(value)} {}

    std::string const& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

    friend std::ostream& operator<<(std::ostream& out, Secret const&) { return out << "***"; }

private:
    std::string value_;
};

} // namespace backfill
