#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace backfill {

/// A setting or the command line is wrong: nothing was sent (exit 2).
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The run cannot go on (exit 1). The text names what failed, why, and what to do.
class FatalError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;

    /// `found` without its full stop; `advice`, what to do, in sentences. what() is both.
    FatalError(std::string const& found, std::string advice)
        : std::runtime_error{found + ". " + advice}, found_size_{found.size()}, advice_{std::move(advice)}
    {
    }

    std::string found() const { return std::string{what()}.substr(0, found_size_); }
    std::string const& advice() const { return advice_; } ///< empty when only what() has it

private:
    std::size_t found_size_ = std::string::npos;
    std::string advice_;
};

/// A signal asked the run to end (exit 129, 130 or 143).
class Stopped : public std::runtime_error {
public:
    Stopped() : std::runtime_error{"stopped"} {}
};

/// A Supabase call failed for good. Its batch fails; the run goes on until too many fail in a row.
class BatchError : public std::runtime_error {
public:
    explicit BatchError(std::string const& what, std::string advice = {})
        : std::runtime_error{what}, advice_{std::move(advice)}
    {
    }
    std::string const& advice() const { return advice_; } ///< what to do where nothing can go on without the call

private:
    std::string advice_;
};

/// Why a conversation failed. Those of a fetch differ in what several in a row mean for the run.
enum class ConversationFailure {
    not_found,  ///< 404: deleted, or another account
    forbidden,  ///< 403
    network,    ///< no complete answer after all retries
    server,     ///< 5xx, or a 2xx that is no page of messages, after all retries
    throttled,  ///< 429 after all retries
    wrong_host, ///< redirect, or a 2xx with HTML
    other,
    look_up,      ///< nobody could say which of its messages are stored
    upsert,       ///< its rows were not taken
    not_in_table, ///< the user named it, and the conversation table lacks it
};

/// One conversation could not be fetched; the run goes on (exit 3 at the end).
class ConversationError : public std::runtime_error {
public:
    ConversationError(ConversationFailure kind, std::string const& why) : std::runtime_error{why}, kind_{kind} {}
    ConversationFailure kind() const { return kind_; }

private:
    ConversationFailure kind_;
};

/// Freshchat's host has no address, refuses the connection, or does not prove who it is.
class UnreachableError : public ConversationError {
public:
    explicit UnreachableError(std::string const& why) : ConversationError{ConversationFailure::network, why} {}
};

/// Freshchat asks to wait longer than the run would: that concerns the account, not one conversation.
class QuotaAwayError : public ConversationError {
public:
    QuotaAwayError(std::string const& why, std::chrono::seconds wait)
        : ConversationError{ConversationFailure::throttled, why}, wait_{wait}
    {
    }
    std::chrono::seconds wait() const { return wait_; } ///< that it asks for

private:
    std::chrono::seconds wait_;
};

} // namespace backfill
