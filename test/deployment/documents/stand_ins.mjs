// Stands in for what the documents' command lines call and a check cannot have: Docker, Kubernetes, systemd, a release build.
//   node stand_ins.mjs NAME ARGUMENT...     run where the repository's files are; an option or a file that is not known is an error
// STAND_IN_STATE is a folder for what is remembered from line to line, STAND_IN_PROGRAM the program, STAND_IN_CONTAINER what every
// container has set besides (NAME=value lines): the certificate of the local stack, and no delays.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const { STAND_IN_STATE: state, STAND_IN_PROGRAM: program, STAND_IN_CONTAINER: besides } = process.env;
const [name, ...args] = process.argv.slice(2);
const text = (path) => readFileSync(path, "utf8");

function fail(why) {
  console.error(`${name} (stand-in): ${why}`);
  process.exit(125);
}
const expect = (holds, why) => holds || fail(why);
const expectFile = (path) => expect(existsSync(path), `there is no ${path}`);

// Options up to the first word that is none. KNOWN has for each name the form of its value, or null where it takes none.
function parse(words, known) {
  const options = [];
  let at = 0;
  for (; at < words.length && /^-./.test(words[at]); at++) {
    const [, option, given] = words[at].match(/^(--[^=]+)(?:=(.*))?$/s) ?? [, words[at]];
    expect(option in known, `${option} is not known`);
    if (known[option] === null) {
      expect(given === undefined, `${option} takes no value`);
      options.push([option, true]);
    } else {
      const value = given ?? words[++at];
      expect(value !== undefined && known[option].test(value), `${option} does not take ${value}`);
      options.push([option, value]);
    }
  }
  const all = (...names) => options.filter(([option]) => names.includes(option)).map(([, value]) => value);
  return { all, one: (...names) => all(...names).at(-1), rest: words.slice(at) };
}

const version = () => text("CMakeLists.txt").match(/^project\(.* VERSION ([\d.]+)/m)[1];
const released = () => `freshchat-backfill:${version()}-amd64`;

function expectImage(image, built) {
  expect(["freshchat-backfill", "freshchat-backfill:latest", `freshchat-backfill:${version()}`].includes(image), `${image} is not the image's name`);
  const mark = join(state, "images", image.includes(":") ? image : `${image}:latest`);
  if (built) writeFileSync(mark, "");
  else expect(existsSync(mark), `no line before this one builds ${image}`);
}

// As Docker reads it: nothing is stripped or expanded, and only a whole line can be a comment.
function envFile(path) {
  expectFile(path);
  return text(path).split(/\r?\n/).map((line) => line.trimStart()).filter((line) => line && !line.startsWith("#")).flatMap((line) => {
    const variable = line.split("=", 1)[0];
    expect(variable && !/\s/.test(variable), `${path}: '${variable}' is no variable's name`);
    return passed(line);
  });
}
// NAME=value, or a NAME that is passed on if it is set.
const passed = (word) => (word.includes("=") ? [word] : word in process.env ? [`${word}=${process.env[word]}`] : []);

// The program with these settings and no others, in a folder where nothing may be left: the image's user can write nowhere.
function runProgram(words, settings, { input, detached, called } = {}) {
  const inside = mkdtempSync(join(state, "container-"));
  const env = Object.fromEntries([...besides.split("\n"), ...settings].map((line) => line.split(/=(.*)/s)));
  const stdio = detached ? "ignore" : [input ? "inherit" : "ignore", "inherit", "inherit"];
  const child = spawn(program, words, { cwd: inside, env, detached, stdio });
  writeFileSync(join(state, "names", called ?? `unnamed-${child.pid}`), String(child.pid));
  if (detached) return child.unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    expect(!readdirSync(inside).length, `wrote ${readdirSync(inside)} inside the container, where its user may not`);
    rmSync(inside, { recursive: true });
    process.exit(code ?? 137);
  });
}

const any = /./;
const ofRun = {
  ...{ "--rm": null, "-i": null, "-d": null, "--read-only": null },
  ...{ "--name": /^[\w.-]+$/, "--env-file": any, "-e": any, "--env": any, "-v": /^\/.*:\//, "--volume": /^\/.*:\//, "--tmpfs": /^\//, "--entrypoint": any },
  ...{ "--network": /^(?:host|bridge|none)$/, "--user": /^\d+(?::\d+)?$/, "--memory": /^\d+[bkmg]$/ },
  ...{ "--cap-drop": /^ALL$/, "--security-opt": /^no-new-privileges$/ },
};

function dockerRun(words) {
  const { all, one, rest } = parse(words, ofRun);
  const [image, ...command] = rest;
  expect(image, "no image is named");
  expectImage(image);
  if (one("--entrypoint")) {
    for (const path of command) expect(text("Dockerfile").includes(path), `the Dockerfile makes no ${path}`);
    return;
  }
  const mounts = all("-v", "--volume").map((mount) => mount.split(":"));
  const outside = (word) =>
    mounts.reduce((now, [host, path]) => {
      expectFile(host); // Docker would make a folder of root's
      return now.replace(new RegExp(`(^|=)${path}(?=/|$)`), (_, before) => before + host);
    }, word);
  const settings = [...all("--env-file").flatMap(envFile), ...all("-e", "--env").flatMap(passed)];
  runProgram(command.map(outside), settings.map(outside), { input: one("-i"), detached: one("-d"), called: one("--name") });
}

function dockerBuild(words) {
  const { one, all, rest } = parse(words, { "-t": any, "--tag": any, "-f": any, "--file": any });
  expect(rest.length === 1, "takes one folder, after the options");
  expectFile(one("-f", "--file") ?? join(rest[0], "Dockerfile"));
  expect(all("-t", "--tag").length, "the image gets no name");
  all("-t", "--tag").forEach((image) => expectImage(image, true));
}

// Prints the name that scripts/release gives the image; `tag` gives it the one that documents use.
function dockerLoad(words) {
  expectFile(parse(words, { "--quiet": null, "--input": any }).one("--input"));
  console.log(`Loaded image: ${released()}`);
}

function dockerTag([from, to]) {
  expect(from === released(), `${from} is not what was loaded`);
  expectImage(to, true);
}

// The process that MARK names, while it is PROGRAM: numbers are used again.
export function running(mark, program) {
  const pid = Number(text(mark));
  try {
    return readlinkSync(`/proc/${pid}/exe`) === realpathSync(program) && pid;
  } catch {
    return undefined; // it has ended
  }
}

// kill and stop. A container that ran in the foreground is over by now: a reader would have had a second terminal.
function dockerEnd(words, usual) {
  const { one, rest } = parse(words, { "-s": any, "--signal": any, "-t": /^\d+$/, "--time": /^\d+$/ });
  expect(rest.length, "which container?");
  const signal = one("-s", "--signal") ?? usual;
  for (const called of rest) {
    const mark = join(state, "names", called);
    expect(existsSync(mark), `no line before this one starts a container --name ${called}`);
    const pid = running(mark, program);
    if (pid) process.kill(pid, signal.replace(/^(?!SIG)/, "SIG"));
  }
}

// What is set in below KEY.
const below = (yaml, key) => (yaml.match(new RegExp(`^${key}:\\n((?:(?: .*)?\\n)*)`, "m")) ?? [, ""])[1].replaceAll(/^ {2}/gm, "");

function dockerCompose(words) {
  const { one, rest: [verb, ...more] } = parse(words, { "-f": any, "--file": any });
  const file = one("-f", "--file") ?? "compose.yaml";
  expectFile(file);
  expect(verb === "run", `${verb} is not known`);
  const { rest: [service, ...command] } = parse(more, { "--rm": null });
  const yaml = text(file), described = below(below(yaml, "services"), service), dotenv = join(dirname(file), ".env");
  expect(described, `${file} has no service ${service}`);
  expectFile(join(dirname(file), described.match(/^build: (.*)$/m)[1], "Dockerfile"));
  const beside = existsSync(dotenv) ? Object.fromEntries(envFile(dotenv).map((line) => line.split(/=(.*)/))) : {};
  const settings = [...below(described, "environment").matchAll(/^(\w+): (.*)$/gm)].map(([, variable, value]) => {
    const expanded = value.replaceAll(/\$\{(\w+)\}/g, (_, needed) => process.env[needed] ?? beside[needed] ?? fail(`${needed} is not set`));
    const secret = expanded.match(/^\/run\/secrets\/(.*)$/)?.[1];
    const path = secret && join(process.cwd(), dirname(file), below(below(yaml, "secrets"), secret).match(/^file: (.*)$/m)[1]);
    if (path) expectFile(path);
    return `${variable}=${path || expanded}`;
  });
  runProgram(command.length ? command : described.match(/^command: \[(.*)\]$/m)[1].split(", "), settings, { input: true });
}

function docker([verb, ...words]) {
  const verbs = { run: dockerRun, build: dockerBuild, load: dockerLoad, tag: dockerTag, kill: (given) => dockerEnd(given, "SIGKILL"), stop: (given) => dockerEnd(given, "SIGTERM"), compose: dockerCompose };
  (verbs[verb] ?? fail(`docker ${verb} is not known`))(words);
}

function kubectl([verb, ...words]) {
  const cronjob = text("scripts/cronjob.yaml");
  if (verb === "apply") {
    const file = parse(words, { "-f": any }).one("-f");
    const manifest = text(file === "-" ? "/dev/stdin" : file);
    expect(/^kind: /m.test(manifest), `${file} is no manifest`);
    expect(file !== "-" || /name: MODE\n +value: full$/m.test(manifest), "what was to be changed on the way is as it was");
  } else if (verb === "create" && words[0] === "secret") {
    const secret = cronjob.match(/secretName: (\S+)/)[1];
    expect(words[1] === "generic" && words[2] === secret, `the manifests want the secret ${secret}`);
    for (const pair of parse(words.slice(3), { "--from-file": /^\w+=./ }).all("--from-file")) {
      const [key, path] = pair.split("=");
      expectFile(path);
      expect(cronjob.includes(`/${secret}/${key}\n`), `the manifests want no ${key}`);
    }
  } else if (verb === "create" && words[0] === "job") {
    const named = (word) => expect(/^[a-z][a-z-]*$/.test(word), `${word} is no name of a job`);
    const known = { "--from": new RegExp(`^cronjob/${cronjob.match(/^ {2}name: (\S+)/m)[1]}$`), "--dry-run": /^client$/, "-o": /^yaml$/ };
    const { one, rest: [job, ...more] } = parse(words.slice(1), known);
    expect(one("--from"), "from which CronJob?");
    named(job);
    if (parse(more, known).one("-o")) process.stdout.write(cronjob);
  } else fail(`${verb} ${words[0]} is not known`);
}

// A preset that was configured gets a folder, one that was built the program in it.
function cmake(words) {
  if (words[0] === "--install") return expectFile(join(parse(words, { "--install": any, "--prefix": /^\// }).one("--install"), "freshchat-backfill"));
  const build = words[0] === "--build";
  const asked = parse(words.slice(build ? 1 : 0), { "--preset": any }).one("--preset");
  const presets = JSON.parse(text("CMakePresets.json"))[build ? "buildPresets" : "configurePresets"];
  expect(presets.some((preset) => preset.name === asked && !preset.hidden), `there is no preset ${asked}`);
  if (!build) return mkdirSync(join("build", asked), { recursive: true });
  expectFile(join("build", asked));
  cpSync(program, join("build", asked, "freshchat-backfill"));
}

function cpack(words) {
  expect(!words.length, "takes nothing");
  expectFile("freshchat-backfill"); // so it was built here
  const version = text("../../CMakeLists.txt").match(/^project\(.* VERSION ([\d.]+)/m)[1];
  writeFileSync(`freshchat-backfill_${version}_amd64.deb`, "");
}

function apt([verb, ...files]) {
  expect(verb === "install" && files.length, `${verb} is not known`);
  files.forEach(expectFile);
}

function expectUnit(unit) {
  expectFile(join("scripts", unit.includes(".") ? unit : `${unit}.service`));
}

function systemctl([verb, ...words]) {
  expect(["start", "enable"].includes(verb), `${verb} is not known`);
  const { rest: units } = parse(words, { "--now": null });
  units.forEach(expectUnit);
  if (verb !== "start") return;
  // All that the service reads must be there by now.
  const service = text(join("scripts", `${units[0]}.service`));
  for (const [, path] of service.matchAll(/^(?:EnvironmentFile=|LoadCredential=\w+:)(.*)$/gm)) expectFile(join(process.cwd(), path));
}

function man(words) {
  expect(words.join(" ") === "-l -", "reads a manual from standard input only");
  expect(/^\.TH /m.test(text("/dev/stdin")), "that is no manual");
}

async function curl(words) {
  const { all, rest } = parse(words, { "-sS": null, "-H": /^[\w-]+: ./ });
  const answer = await fetch(rest[0], { headers: Object.fromEntries(all("-H").map((header) => header.split(": "))) });
  console.log(await answer.text());
  expect(answer.status === 200, `answered with ${answer.status}`);
}

function jq([raw, filter]) {
  const key = filter.match(/^\.(\w+)\[\]$/)?.[1];
  expect(raw === "-r" && key, `${raw} ${filter} is not known`);
  for (const word of JSON.parse(text("/dev/stdin"))[key]) console.log(word);
}

// Its pattern has to match a file that scripts/release makes.
function gh(words) {
  expect(words.splice(0, 2).join(" ") === "release download", "only release download is known");
  const { one } = parse(words, { "--repo": /^[\w.-]+\/[\w.-]+$/, "--pattern": any, "--output": any });
  const pattern = new RegExp(`^${one("--pattern").replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
  expect(pattern.test(`freshchat-backfill_${version()}_amd64.image.tar.gz`), `no file of a release matches ${pattern}`);
  writeFileSync(one("--output"), "");
}

const journalctl = (words) => expectUnit(parse(words, { "-u": any }).one("-u"));
export const standIns = { apt, cmake, cpack, curl, docker, gh, jq, journalctl, kubectl, man, systemctl };
if (process.argv[1].endsWith("stand_ins.mjs")) await standIns[name](args);
