#include "backfill/core/id_sketch.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <string>

using namespace backfill;

namespace {

IdSketch sketch_of(std::set<std::string> const& ids)
{
    IdSketch sketch;
    for (auto const& id : ids) {
        sketch.add(id);
    }
    return sketch;
}

} // namespace

TEST_CASE("a sketch tells how many ids are new, whatever was taken away")
{
    auto const seed = GENERATE(range(0U, 100U));
    std::mt19937 random{seed};
    std::set<std::string> before;
    for (std::size_t i = 0; i < random() % 5000; ++i) {
        before.insert("c" + std::to_string(random()));
    }
    auto now = before;
    auto const fresh = random() % 16;
    for (std::size_t i = 0; i < fresh; ++i) {
        now.insert("new" + std::to_string(i));
    }
    for (std::size_t gone = random() % 16; gone > 0 && now.begin()->starts_with('c'); --gone) {
        now.erase(now.begin());
    }
    CAPTURE(seed, before.size(), now.size());
    CHECK(sketch_of(now).size() == now.size());
    CHECK(sketch_of(now).added_since(sketch_of(before)) == fresh);
    CHECK(sketch_of(before).added_since(sketch_of(before)) == 0);
}

TEST_CASE("of two sets that differ in too many ids a sketch claims no more than it knows")
{
    std::set<std::string> before;
    std::set<std::string> now;
    for (int i = 0; i < 3000; ++i) {
        before.insert("old" + std::to_string(i));
        now.insert("new" + std::to_string(i));
    }
    CHECK(sketch_of(now).added_since(sketch_of(before)) == 0);
    now.insert("one more");
    CHECK(sketch_of(now).added_since(sketch_of(before)) == 1);
    CHECK(sketch_of({}).added_since(sketch_of(before)) == 0);
    CHECK(sketch_of(now).added_since(sketch_of({})) == 3001);
}

TEST_CASE("the parts of a set add up to its sketch")
{
    auto both = sketch_of({"a", "b"});
    both.add(sketch_of({"c"}));
    CHECK(both == sketch_of({"a", "b", "c"}));
    CHECK_FALSE(both == sketch_of({"a", "b", "d"}));
}

TEST_CASE("a sketch is the same again when it was written and read, and a damaged one is none")
{
    auto const sketch = sketch_of({"a", "b", "Zürich/1"});
    auto const text = sketch.text();
    CHECK(IdSketch::parse(text) == sketch);
    CHECK(text.size() < 3000);
    CHECK_FALSE(IdSketch::parse(""));
    CHECK_FALSE(IdSketch::parse(text.substr(1)));
    CHECK_FALSE(IdSketch::parse(text + "0"));
    CHECK_FALSE(IdSketch::parse(text.substr(1) + "-"));
    CHECK_FALSE(IdSketch::parse("+" + text.substr(1)));
}
