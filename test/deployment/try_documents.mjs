// Runs every command line that the documents show, as it stands but for hosts, keys and folders, against a local Supabase and a made-up
// Freshchat: readers copy them. Whatever is not by its form output or settings (documents/lines.mjs), nor an exception below, is run,
// and passes when it ends with 0, or with the code that its document tells. Exit code 1 when a line fails.
//   node try_documents.mjs      build/dev has the program and the simulator
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { collect } from "./documents/lines.mjs";
import { World } from "./documents/world.mjs";

const root = new URL("../..", import.meta.url).pathname;
const world = new World(root);

// Lines that are not run, and why.
const exceptions = [
  [/^scripts\/(?:demo|test|release)\b/, "compiles for minutes; scripts/test is a check of its own"],
  [/ debian:12 scripts\/demo$/, "the same in an image from the network"],
  [/^docker run --env-file$/, "names an option, and is no whole line"],
];

// Lines that do not end with 0, as their documents say.
const endings = [
  { document: "docs/checking.md", line: /^freshchat-backfill verify(?: --sample 50)? *#/, code: 3 }, // half of the messages are missing
  { document: "freshchat-backfill --help", line: / verify /, code: 3 },
  { line: /^freshchat-backfill doctor --notify$/, code: 2 }, // no NOTIFY_URL is set
  { line: / --watch /, code: 130, interruptAt: /=== Status/ }, // "until Ctrl-C"
];

// Documents that begin with the first run; before the others half of the messages are stored.
const beginnings = ["README.md", "docs/deployment.md", "scripts/compose.yaml", "scripts/github-workflow.yaml"];

// What readers put in place of what stands in a line.
function localised(line, folder) {
  const { token, host, url, secretKey, serviceKey, conversation } = world.values;
  const github = { FRESHCHAT_TOKEN: token, FRESHCHAT_DOMAIN: host, SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: serviceKey };
  const table = [
    ["https://$FRESHCHAT_DOMAIN", "$FRESHCHAT_DOMAIN"], // the simulator speaks http
    ["FRESHCHAT_TOKEN=eyJ…", `FRESHCHAT_TOKEN=${token}`],
    ["sb_secret_…", secretKey],
    ["acme.freshchat.com", host],
    ["https://abc.supabase.co", url],
    ["CONVERSATION_ID", conversation],
    [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, conversation],
    [/(freshchat_token=)(?:FILE|…)/g, `$1${folder}/token`],
    [/(supabase_key=)(?:FILE|…)/g, `$1${folder}/key`],
    ["/usr/share/doc/freshchat-backfill/examples", `${folder}/scripts`], // CMakeLists.txt installs them from there
    [/\$\{\{ (?:secrets|vars)\.(\w+) \}\}/g, (_, name) => github[name]],
    [/\$\{\{ inputs\.\w+ \|\| '(\w+)' \}\}/g, "$1"],
    [/(?<=[ =>])\/(?=etc\/freshchat-backfill|run\/freshchat|var\/(?:lib|log)\/freshchat)/g, `${folder}/`],
  ];
  return table.reduce((now, [from, to]) => now.replaceAll(from, to), line);
}

// What a reader does between two lines, as the text around them says.
const before = [[/--from-rejects rejects\.jsonl/, refuseOne]];
const after = [[/^mkdir .*scripts\/secrets/, putSecrets]];

// One message that the table refuses, in a file; then the table is mended.
function refuseOne(folder) {
  const { message } = world.values;
  world.fill("empty");
  world.sql([`alter table "Message" add constraint refused check (id <> '${message}')`]);
  const env = { ...world.environment(true), REJECTS_FILE: join(folder, "rejects.jsonl") };
  const { status } = spawnSync(world.program, ["run"], { env, stdio: "ignore" });
  world.sql(['alter table "Message" drop constraint refused']);
  if (status !== 3) throw new Error(`a run with a row that the table refuses ended with ${status}`);
}

function putSecrets(folder, document) {
  copyFileSync(join(folder, "token"), join(folder, "scripts/secrets/freshchat_token"));
  copyFileSync(join(folder, "key"), join(folder, "scripts/secrets/supabase_key"));
  const { host, url } = world.values;
  if (document === "scripts/compose.yaml") writeFileSync(join(folder, "scripts/.env"), `FRESHCHAT_DOMAIN=${host}\nSUPABASE_URL=${url}\n`);
}

let running; // sends a signal to the line that runs

// { code, output } of a line. CARRIED are the variables that earlier lines of its block exported, and gets those of this one.
function run({ text, shell = ["bash", "-o", "pipefail", "-c"], env = {} }, folder, carried, interruptAt) {
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, localised(value, folder)]));
  // Who names a file of settings, starts a container, or sets them in the line has none of them around.
  const runner = { GITHUB_REPOSITORY: "acme/support", GITHUB_STEP_SUMMARY: join(folder, "step-summary.md") };
  writeFileSync(runner.GITHUB_STEP_SUMMARY, "");
  const given = { ...world.environment(!/--env-file|docker|^export /.test(text)), ...runner, ...carried, ...own };
  const left = join(world.dir, "variables");
  // What is pasted into a line is the token. From a file: bash takes a socket for a remote shell, and reads its user's own settings.
  const pasted = openSync(join(folder, "token"));
  const script = `trap 'env -0 >"${left}"' EXIT\n${localised(text, folder)}`;
  const child = spawn(shell[0], [...shell.slice(1), script], { cwd: folder, env: given, detached: true, stdio: [pasted, "pipe", "pipe"] });
  closeSync(pasted);
  let output = "";
  const kill = (signal) => process.kill(-child.pid, signal);
  running = kill;
  const late = setTimeout(kill, 20000, "SIGKILL");
  const take = (chunk) => {
    output += chunk;
    if (!interruptAt?.test(output)) return;
    interruptAt = undefined;
    kill("SIGINT");
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      running = undefined;
      clearTimeout(late);
      for (const variable of existsSync(left) ? readFileSync(left, "utf8").split("\0") : []) {
        const [name, value] = variable.split(/=(.*)/s);
        if (name && given[name] !== value && !["_", "PWD", "OLDPWD", "SHLVL"].includes(name)) carried[name] = value;
      }
      rmSync(left, { force: true });
      resolve({ code: code ?? 128 + constants.signals[signal], output });
    });
  });
}

let ran = 0;
const failures = [], exempt = [];

async function tryLine(command, folder, carried) {
  const { document } = command, bare = command.text.replace(/ +#.*/, "");
  const exception = exceptions.find(([pattern]) => pattern.test(bare));
  if (exception) return exempt.push(`${document}: ${bare}: ${exception[1]}`);
  const ending = endings.find((one) => one.line.test(command.text) && (one.document ?? document) === document);
  const around = (list) => list.filter(([pattern]) => pattern.test(command.text)).forEach(([, deed]) => deed(folder, document));
  around(before);
  const { code, output } = await run(command, folder, carried, ending?.interruptAt);
  ran++;
  const expected = ending?.code ?? 0;
  if (code === expected) return around(after);
  const said = output.trimEnd().split("\n").slice(-6).map((line) => `  | ${line}`);
  failures.push([`${document}:${command.line}: exit code ${code}, expected ${expected}: ${command.text.split("\n").join("; ")}`, ...said].join("\n"));
}

async function tryDocument(document, commands, dotenv) {
  world.fill(beginnings.includes(document) ? "empty" : "half");
  world.endContainers();
  const folder = world.folder(dotenv), start = Date.now(), ranBefore = ran;
  let carried = {}, block;
  for (const command of commands) {
    if (command.block !== block) [carried, block] = [{}, command.block];
    await tryLine(command, folder, carried);
  }
  console.log(`${document}: ${ran - ranBefore} lines, ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

function tell(skipped) {
  const reasons = new Map();
  for (const { why } of skipped) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  console.log(`${ran} lines run, ${exempt.length} left out, ${skipped.length} no commands: ${[...reasons].map(([why, number]) => `${number} ${why}`).join(", ")}`);
  for (const line of exempt) console.log(`  left out: ${line}`);
  for (const failure of failures) console.error(failure);
}

async function main() {
  await world.start();
  const { documents, skipped } = collect(root, (words) => execFileSync(world.program, words, { encoding: "utf8" }));
  const shown = skipped.filter(({ document, why }) => document === "README.md" && why === "settings").map(({ text }) => text);
  if (!shown.some((line) => line.startsWith("FRESHCHAT_TOKEN="))) throw new Error("README shows no env file");
  for (const [document, commands] of documents) await tryDocument(document, commands, localised(shown.join("\n")));
  tell(skipped);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    running?.("SIGKILL");
    world.stop();
    process.exit(128 + constants.signals[signal]);
  });
}
try {
  await main();
} finally {
  world.stop();
}
process.exit(failures.length ? 1 : 0);
