// What the documents' command lines talk to: a made-up Freshchat, a local Supabase whose tables can be filled, and a PATH with stand-ins.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { running, standIns } from "./stand_ins.mjs";

const token = "documents-token", conversations = "40";
const delays = "RATE_LIMIT_DELAY=0\nBATCH_DELAY=0\nPAGE_DELAY=0";
const lines = (text) => Object.fromEntries(text.trim().split("\n").map((line) => line.split(/=(.*)/)));

export class World {
  constructor(root) {
    this.root = root;
    this.program = join(root, "build/dev/freshchat-backfill");
    this.simulator = join(root, "build/dev/test/freshchat-simulator");
    this.dir = mkdtempSync(join(tmpdir(), "documents-"));
    this.state = join(this.dir, "state");
    const bin = join(this.dir, "bin");
    for (const folder of [bin, join(this.state, "images"), join(this.state, "names")]) mkdirSync(folder, { recursive: true });
    symlinkSync(this.program, join(bin, "freshchat-backfill"));
    for (const name of Object.keys(standIns)) {
      const script = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "test/deployment/documents/stand_ins.mjs")}" ${name} "$@"\n`;
      writeFileSync(join(bin, name), script, { mode: 0o755 });
    }
    this.path = `${bin}:${process.env.PATH}`;
  }

  async start() {
    for (const path of [this.program, this.simulator]) if (!existsSync(path)) throw new Error(`${path} is not built`);
    const port = join(this.dir, "port");
    this.freshchat = spawn(this.simulator, ["--port-file", port, "--token", token, "--conversations", conversations], { stdio: "ignore" });
    execFileSync(join(this.root, "scripts/local_stack"), ["up", join(this.dir, "stack")], { stdio: ["ignore", "ignore", "inherit"] });
    const stack = lines(readFileSync(join(this.dir, "stack/env"), "utf8"));
    for (let tries = 0; !(existsSync(port) && readFileSync(port, "utf8")); tries++) {
      if (tries === 200) throw new Error("freshchat-simulator did not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const made = (what) => execFileSync(this.simulator, ["--conversations", conversations, what], { encoding: "utf8" });
    const expected = made("--print-expected");
    const [message, conversation] = expected.split(/","|"/).slice(1);
    const { STACK_HTTPS_URL: url, STACK_SECRET_KEY: secretKey, STACK_SERVICE_KEY: serviceKey, STACK_PGHOST, STACK_PGPORT, STACK_PGDATABASE } = stack;
    this.values = { token, host: `http://127.0.0.1:${readFileSync(port, "utf8").trim()}`, url, secretKey, serviceKey, message, conversation };
    this.container = `CA_FILE=${stack.STACK_CA_FILE}\n${delays}`;
    this.database = { PGHOST: STACK_PGHOST, PGPORT: STACK_PGPORT, PGUSER: "postgres", PGDATABASE: STACK_PGDATABASE, DATABASE_URL: "" }; // all is in the others
    this.sql(['\\copy "Conversation" (id, created_time) from pstdin csv'], made("--print-conversations"));
    const columns = "id, conversationid, actor_type, message_parts, created_time";
    this.sql(["create schema documents", 'create table documents.expected (like "Message")', `\\copy documents.expected (${columns}) from pstdin csv`], expected);
    // For the lines of docs/settings.md, which choose some.
    this.sql([`update "Conversation" set status = 'new', created_time = '2025-07-10' where id in (select id from "Conversation" order by created_time desc limit 3)`]);
  }

  sql(statements, input = "") {
    const words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...statements.flatMap((statement) => ["-c", statement])];
    execFileSync("psql", words, { input, env: { ...process.env, ...this.database }, stdio: ["pipe", "ignore", "inherit"] });
  }

  // Message as the next document supposes it: "empty", or "half" of what it should hold.
  fill(what) {
    const oldest = `select id from "Conversation" order by created_time limit ${conversations} / 2`;
    const half = `insert into "Message" select * from documents.expected where conversationid in (${oldest})`;
    this.sql(['truncate "Message"', ...(what === "half" ? [half] : [])]);
  }

  // A folder with the files of the repository that lines name, and what readers have put beside them by then.
  folder(dotenv) {
    const folder = mkdtempSync(join(this.dir, "folder-"));
    const copied = { recursive: true, filter: (path) => basename(path) !== "node_modules" };
    for (const name of ["CMakeLists.txt", "CMakePresets.json", "Dockerfile", "scripts"]) cpSync(join(this.root, name), join(folder, name), copied);
    for (const name of [".env", ".env.local"]) writeFileSync(join(folder, name), `${dotenv}\n${this.container}\n`);
    for (const name of ["run", "var/log", "var/lib/freshchat-backfill", "etc"]) mkdirSync(join(folder, name), { recursive: true });
    const { token, host, url, serviceKey } = this.values;
    const cron = `FRESHCHAT_TOKEN=${token}\nFRESHCHAT_DOMAIN=${host}\nSUPABASE_URL=${url}\nSUPABASE_SERVICE_ROLE_KEY=${serviceKey}\n`;
    writeFileSync(join(folder, "etc/freshchat-backfill.env"), cron);
    writeFileSync(join(folder, "token"), token);
    writeFileSync(join(folder, "key"), serviceKey);
    return folder;
  }

  // What a line's shell has set: without the settings, or with them, as for a reader who exported them.
  environment(withSettings) {
    const { token, host, url, secretKey } = this.values;
    const { HOME, LANG, USER } = process.env;
    const standIns = { STAND_IN_STATE: this.state, STAND_IN_PROGRAM: this.program, STAND_IN_CONTAINER: this.container };
    const settings = { FRESHCHAT_TOKEN: token, FRESHCHAT_DOMAIN: host, SUPABASE_URL: url, SUPABASE_SECRET_KEY: secretKey, ...lines(this.container) };
    return { PATH: this.path, HOME, LANG, USER, ...this.database, ...standIns, ...(withSettings ? settings : {}) };
  }

  // Those that a line left running in the background; and no line knows the names any more.
  endContainers() {
    for (const name of readdirSync(join(this.state, "names"))) {
      const mark = join(this.state, "names", name), pid = running(mark, this.program);
      if (pid) process.kill(pid, "SIGKILL");
      rmSync(mark);
    }
  }

  stop() {
    this.endContainers();
    this.freshchat?.kill();
    execFileSync(join(this.root, "scripts/local_stack"), ["down", join(this.dir, "stack")]);
    rmSync(this.dir, { recursive: true });
  }
}
