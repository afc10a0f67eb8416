#include "app/cli/help.hpp"

#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kLineWidth = 78; // mandoc's lint complains of lines beyond 80

/// Escaped, so that roff prints the text unchanged.
std::string roff(std::string const& text)
{
    std::string result;
    for (char const c : text) {
        result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string{c};
    }
    return result;
}

/// Each sentence on a line of its own, as roff wants it, and no line that begins like a request.
std::string sentences(std::string const& text)
{
    std::string result;
    for (std::size_t begin = 0; begin < text.size();) {
        auto const stop = text.find(". ", begin);
        auto const end = stop == std::string::npos ? text.size() : stop + 1;
        std::istringstream lines{wrapped(roff(text.substr(begin, end - begin)), kLineWidth)};
        for (std::string line; std::getline(lines, line);) {
            result += (line.starts_with('.') || line.starts_with('\'') ? "\\&" : "") + line + "\n";
        }
        begin = end + 1;
    }
    return result;
}

std::string bold(std::string const& text)
{
    return "\\fB" + roff(text) + "\\fR";
}

void write_manual_entry(std::ostream& out, SettingSpec const& spec)
{
    out << ".TP\n";
    if (!spec.option.empty()) {
        out << (spec.short_option == '\0' ? "" : bold(std::string{"-"} + spec.short_option) + ", ")
            << bold(spec.option);
        if (auto const hint = value_hint(spec); !hint.empty()) {
            out << "=" << (spec.choices.empty() ? "\\fI" + hint.substr(1) + "\\fR" : roff(hint.substr(1)));
        }
        out << "\n";
    }
    for (auto const& variable : spec.variables) {
        bool const first = variable == spec.name();
        out << (first && !spec.option.empty() ? ".TQ\n" : first ? "" : ",\n.TQ\n") << bold(variable);
        out << (&variable == &spec.variables.back() ? "\n" : "");
    }
    out << sentences(description(spec) + (spec.fallback.empty() ? "." : ". Default: " + spec.fallback + "."));
}

constexpr auto* kFiles = R"(.SH FILES
.TP
.I .env
That of a Next.js app often holds all that is needed; it is read only with
.BR \-\-env\-file ,
which may be given several times: later files win.
Lines are read as dotenv and dotenv\-expand read them.
.TP
.I NAME_FILE
Each secret may be given as the path of a file that holds it alone, in the
variable's name with _FILE appended:
FRESHCHAT_TOKEN_FILE=/run/secrets/freshchat_token.
.SH EXAMPLES
Is everything ready? Then the five oldest conversations, whether they are
complete, and the rest; and which settings are in force, and from where.
.PP
.RS
.nf
freshchat\-backfill doctor \-\-env\-file .env
freshchat\-backfill run \-\-env\-file .env \-\-limit 5
freshchat\-backfill verify \-\-env\-file .env \-\-limit 5
freshchat\-backfill run \-\-env\-file .env
freshchat\-backfill config \-\-env\-file .env
.fi
.RE)";

} // namespace

std::string man_page()
{
    std::ostringstream out;
    out << ".TH FRESHCHAT\\-BACKFILL 1 " << version_date() << " \"freshchat\\-backfill " << version() << "\"\n"
        << ".SH NAME\nfreshchat\\-backfill \\- fill the gaps of a Supabase Message table from Freshchat\n"
        << ".SH SYNOPSIS\n.B freshchat\\-backfill\n.I COMMAND\n[\\fIoptions\\fR]\n"
        << ".SH DESCRIPTION\n"
        << sentences(
               "Support teams keep their Freshchat conversations in Supabase. The table Conversation is there; the "
               "table Message has holes. This program reads the conversations over Supabase's REST interface, "
               "fetches every message of each from Freshchat, drops system messages, cleans the text, skips what "
               "is stored, and stores the rest. Then it says truthfully what it did, in its summary and in its "
               "exit code.")
        << ".SH COMMANDS\n";
    for (auto const& command : command_specs()) {
        out << ".TP\n" << bold(command.name) << "\n" << sentences(command.details);
    }
    out << ".SH SETTINGS\n"
        << sentences(
               "An option wins over a variable, a variable over the env file, the env file over the default. Blank "
               "variables count as unset. Secrets have no option, since everybody on the machine can read a "
               "command line.");
    for (auto const& [title, names] : setting_groups()) {
        out << ".SS " << roff(title) << "\n";
        for (auto const& name : names) {
            write_manual_entry(out, setting_spec(name));
        }
    }
    out << ".SS Other options\n";
    for (auto const& option : plain_options()) {
        write_manual_entry(out, option);
    }
    out << ".PP\n" << sentences("HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured.") << ".SH EXIT STATUS\n";
    for (auto const& row : exit_code_texts()) {
        out << ".TP\n" << bold(row.codes) << "\n" << sentences(exit_code_sentences(row));
    }
    out << kFiles;
    return out.str();
}

} // namespace backfill::app
