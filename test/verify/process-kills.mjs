/**
 * `midash process` with SIGKILLs at random instants of its parent and its workers: nothing is lost, nothing done twice, and the outputs are those of an unbroken run.
 *
 *   node test/verify/process-kills.mjs [FOLDER] [CASES=24] [KILLS=60] [SEED=1]
 *
 * Needs `npm run build` first. A case counts as done twice when its record, which holds when it was begun, is another than when it was first seen.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const [folder = mkdtempSync(join(tmpdir(), "midash-kills-")), cases = "24", kills = "60", seed = "1"] =
  process.argv.slice(2);
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const COHORT = fileURLToPath(new URL("process-cohort.mjs", import.meta.url));
let state = Number(seed) >>> 0;
/** Mulberry32. */
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const args = (out) => [
  ...[MAIN, "process", join(folder, "cases"), "--out", join(folder, out)],
  ...["--model", join(folder, "model.safetensors"), "--allow-phantom-model"],
  ...["--flips", "x,y,z", "--classify", "--report", "--workers", "2", "--retry", "--json"],
];
const list = (...parts) => (existsSync(join(folder, ...parts)) ? readdirSync(join(folder, ...parts)) : []);
const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

if (!existsSync(join(folder, "cases")))
  spawnSync(process.execPath, [COHORT, folder, cases], { stdio: "inherit" });
for (const out of ["unbroken", "killed"]) rmSync(join(folder, out), { recursive: true, force: true });
const unbroken = spawnSync(process.execPath, args("unbroken"), { encoding: "utf8" });
if (unbroken.status !== 0) throw new Error(unbroken.stderr);

/** Records by case, as they were first seen. */
const first = new Map();
let doubled = 0;
function look() {
  for (const id of list("killed", "cases")) {
    const path = join(folder, "killed", "cases", id, "record.json");
    let text;
    try {
      text = digest(path);
    } catch {
      continue;
    }
    if (!first.has(id)) first.set(id, text);
    else if (first.get(id) !== text) doubled++;
  }
}
const workers = () =>
  list("killed", "claims").flatMap((name) => {
    try {
      return (
        Number(/"pid":(\d+)/.exec(readFileSync(join(folder, "killed", "claims", name), "utf8"))?.[1]) || []
      );
    } catch {
      return [];
    }
  });

const killed = { parent: 0, worker: 0 };
let runs = 0;
while (killed.parent + killed.worker < Number(kills)) {
  // Where all is done, cases are taken away, so that there is something to kill.
  if (first.size === Number(cases)) {
    for (const id of list("killed", "cases").filter(() => random() < 0.7)) {
      rmSync(join(folder, "killed", "cases", id), { recursive: true });
      first.delete(id);
    }
  }
  runs++;
  const child = spawn(process.execPath, args("killed"), { stdio: "ignore" });
  let over = false;
  const ended = new Promise((resolve) => child.once("exit", resolve)).then(() => {
    over = true;
  });
  const begun = performance.now();
  const instant = 300 + 4000 * random();
  while (!over && performance.now() - begun < instant) {
    look();
    await sleep(20);
  }
  while (!over && random() < 0.5) {
    const [pid] = workers().filter((one) => one !== child.pid && one !== process.pid);
    if (pid === undefined) break;
    try {
      process.kill(pid, "SIGKILL");
      killed.worker++;
    } catch {
      break; // ended just now
    }
    await sleep(1500 * random());
    look();
  }
  if (!over) {
    child.kill("SIGKILL");
    killed.parent++;
  }
  await ended;
  look();
}
const end = spawnSync(process.execPath, args("killed"), { encoding: "utf8" });
look();
const files = (out) =>
  list(out, "cases").flatMap((id) =>
    list(out, "cases", id)
      .filter((name) => name !== "record.json")
      .map((name) => `${id}/${name} ${digest(join(folder, out, "cases", id, name))}`),
  );
const [a, b] = [files("unbroken"), files("killed")];
const lost = Number(cases) - list("killed", "cases").length;
const left = [...list("killed", "claims"), ...list("killed", "tmp")].length;
const identical = a.join() === b.join();
console.log(
  JSON.stringify({
    cases: Number(cases),
    runs,
    killed,
    exit: end.status,
    lost,
    doubled,
    left,
    files: a.length,
    identical,
  }),
);
process.exitCode = end.status === 0 && lost === 0 && doubled === 0 && left === 0 && identical ? 0 : 1;
