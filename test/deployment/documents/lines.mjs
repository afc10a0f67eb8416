// Finds the command lines that documents show. What is not one is told by its form, so that nothing is left out in silence.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

// Lines of a block that are no commands. Whatever has none of these forms is taken for a command, and has to run.
const forms = [
  ["doctor's report", /^(?:[✓✗!] | {2}→ |(?:Ready|Not ready): )/],
  ["a run's lines", /^(?:\[(?:Backfill|Verify|Dry run)\] |=== |Summary: \{$|\}$|…$| {2}[a-zA-Z]+: ['\d])/],
  ["the progress line", /^\d+\/\d+ \d+% \[/],
  ["status' table", /^ {0,2}[A-Z a-z]+: {2,}\S/],
  ["settings", /^(?:[A-Za-z_]+=\S*|\[Service\])$/],
  ["comments", /^#/],
];
const diagram = /[│▼├└]/;
const shells = ["", "sh", "bash", "console"];

// Of what stands between single backticks, that which begins as one types it. A command of the program may stand without its name.
const typed = new RegExp(
  ["freshchat-backfill ", "build/\\S+/freshchat-backfill ", "docker (?:run|build|kill|stop|compose) ", "cmake ", "scripts/setup ", "(?:run|dry-run|verify|status|doctor|config|schema) --"]
    .map((beginning) => `^${beginning}`).join("|"),
);
const nameless = /^(?:run|dry-run|verify|status|doctor|config|schema) /;

const lineOf = (text, index) => text.slice(0, index).split("\n").length;

// { text, line } of each command of LINES ({ text, line } too), which goes on after a backslash, a pipe or &&.
function* joined(lines) {
  let open;
  for (const { text, line } of lines) {
    open = { text: (open?.text ?? "") + text, line: open?.line ?? line };
    if (/\\$/.test(text)) open.text = open.text.slice(0, -1);
    else if (/(?:\||&&)\s*$/.test(text)) open.text += " ";
    else {
      yield open;
      open = undefined;
    }
  }
  if (open) yield open;
}

const numbered = (text, from) => text.split("\n").map((content, index) => ({ text: content, line: from + index }));

function ofBlock(language, body, from, add, skip) {
  const lines = numbered(body, from).filter(({ text }) => text.trim());
  if (!shells.includes(language)) return lines.forEach((line) => skip(line, language.toUpperCase()));
  if (diagram.test(body)) return lines.forEach((line) => skip(line, "a diagram"));
  const prompts = lines.some(({ text }) => text.startsWith("$ "));
  for (const line of joined(lines)) {
    const form = forms.find(([, pattern]) => pattern.test(line.text));
    if (prompts && !line.text.startsWith("$ ")) skip(line, "output below a prompt");
    else if (!prompts && form) skip(line, form[0]);
    else add({ ...line, text: line.text.replace(/^\$ /, "") });
  }
}

// { commands, skipped } of a Markdown text. The blocks come first: what a sentence names is of use once they have run.
function ofMarkdown(document, text) {
  const blocks = [], inline = [], skipped = [];
  for (const match of text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$|`([^`]+)`/gm)) {
    const [, indent, language, body, code] = match;
    const at = { document, line: lineOf(text, match.index), block: match.index };
    if (body !== undefined) {
      const flush = body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
      ofBlock(language, flush, at.line + 1, (line) => blocks.push({ ...at, ...line }), (line, why) => skipped.push({ ...at, ...line, why }));
    } else if (typed.test(code)) {
      const command = code.replaceAll(/\s+/g, " ");
      inline.push({ ...at, text: nameless.test(command) ? `freshchat-backfill ${command}` : command });
    }
  }
  return { commands: [...blocks, ...inline], skipped };
}

// Of the comment at the head of a file: what is set in by three blanks or more is to be copied.
function ofHead(document, text) {
  const head = numbered(text.slice(0, text.search(/^[^#]/m)), 1).filter((line) => /^# {3,}\S/.test(line.text));
  return [...joined(head.map((line) => ({ ...line, text: line.text.replace(/^# +/, "") })))].map((line) => ({ ...line, document, block: 0 }));
}

// What cron runs: of each line that which follows the five times and the user, by its shell, with the file's variable.
function ofCrontab(document, text) {
  const env = Object.fromEntries([...text.matchAll(/^(BACKFILL)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  return numbered(text, 1).flatMap((line) => {
    const command = line.text.match(/^(?:[\d*,/-]+ ){5}root (.*)$/)?.[1];
    return command ? [{ document, line: line.line, block: line.line, text: command, shell: ["sh", "-c"], env }] : [];
  });
}

// The steps of a workflow, with the shell and the variables that GitHub gives them.
function ofWorkflow(document, text) {
  const env = Object.fromEntries([...text.matchAll(/^ +([A-Z_]+): (.+)$/gm)].map(([, name, value]) => [name, value]));
  return [...text.matchAll(/^( +)run: (?:\|\n((?:\1 .*\n)+)|(.+))/gm)].map((match) => {
    const [, , script, command] = match;
    const step = command ?? script.replaceAll(/^ +/gm, "");
    return { document, line: lineOf(text, match.index), block: match.index, text: step, shell: ["bash", "-e", "-c"], env };
  });
}

// What help says under Examples, each with its meaning beside it; and the manual, which marks each hyphen.
function ofHelp(document, text) {
  const examples = text.match(/^Examples\n((?: {2}.*\n)+)/m)?.[1] ?? text.match(/^\.SH EXAMPLES\n[\s\S]*?\.nf\n([\s\S]*?)\.fi/m)?.[1] ?? "";
  const lines = examples.split("\n").map((line) => line.trim().replace(/ {2,}.*/, "").replaceAll("\\-", "-"));
  return lines.filter(Boolean).map((line) => ({ document, line: 0, block: 0, text: line }));
}

// { documents, skipped }: each document's name with its command lines, and all lines that are none. HELP(WORDS) is what the program prints.
export function collect(root, help) {
  const read = (path) => readFileSync(join(root, path), "utf8");
  const commands = help(["--help"]).match(/^Commands\n((?: {2}.*\n)+)/m)[1].match(/(?<=^ {2})\w[\w-]*/gm);
  const each = (line) => (/ COMMAND\b/.test(line.text) ? commands.map((name) => ({ ...line, text: line.text.replace("COMMAND", name) })) : [line]);
  const skipped = [];
  const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  const documents = pages.map((page) => {
    const found = ofMarkdown(page, read(page));
    skipped.push(...found.skipped);
    return [page, found.commands.flatMap(each)];
  });
  const crontab = "scripts/crontab.example", workflow = "scripts/github-workflow.yaml";
  for (const file of [crontab, "scripts/compose.yaml", "scripts/cronjob.yaml", workflow]) {
    const more = { [crontab]: ofCrontab, [workflow]: ofWorkflow }[file]?.(file, read(file)) ?? [];
    documents.push([file, [...ofHead(file, read(file)), ...more]]);
  }
  const topics = commands.filter((name) => name !== "help").map((name) => [name, "--help"]); // help --help is --help
  for (const words of [["--help"], ...topics, ["--man"]]) {
    const title = `freshchat-backfill ${words.join(" ")}`;
    documents.push([title, ofHelp(title, help(words))]);
  }
  return { documents: documents.filter(([, found]) => found.length), skipped };
}
