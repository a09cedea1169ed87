/**
 * A cohort of simulated patients at 1 mm, in SynthRAD2023's layout, by the command line alone: prepare, train in folds, synthesize, evaluate. Measures the resident memory of
 * `train` for a few of the patients and for all, beside what the model takes by itself: the same Trainer on one batch of one patient again and again. Exits 1 where a
 * command fails, training takes more than 512 MiB beside the model, or more than 10 % more or less with all patients than with a few.
 *
 *     npm run verify:cohort -- [--out DIR] [--patients 40] [--few 10] [--maps ../shared/data/heads] [-- MORE FLAGS OF midash train]
 *
 * Patients take some 10 s each to make, and are kept in DIR (default: .bench/cohort) with their caches; runs are made anew.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, "../..");
const MAIN = join(repository, "dist/cli/main.js");
/** The network is small, so that the cohort is what takes memory and time. */
const TRAIN = "--epochs 1 --steps-per-epoch 40 --batch-size 4 --base-filters 4 --levels 3 --seed 1".split(
  " ",
);
const FOLDS = 3;
/** MiB, beside the model's own. */
const MOST = 512;
const MOST_APART = 0.1;
/** Writes a process's most resident memory, in KiB, where it ends: of Linux the kernel's own number, which counts nothing of who started it. */
const PEAK = `
import { readFileSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread)
  process.on("exit", () => {
    const known = process.platform === "linux" && /VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "latin1"));
    writeSync(3, String(known ? known[1] : process.resourceUsage().maxRSS));
  });
`;

const own = process.argv.slice(2);
const cut = own.includes("--") ? own.indexOf("--") : own.length;
const { values } = parseArgs({
  args: own.slice(0, cut),
  options: {
    out: { type: "string", default: join(repository, ".bench/cohort") },
    patients: { type: "string", default: "40" },
    few: { type: "string", default: "10" },
    maps: { type: "string", default: join(repository, "../shared/data/heads") },
  },
});
const out = resolve(values.out);
const flags = [...TRAIN, ...own.slice(cut + 1)];
process.exitCode = (await main()) ? 0 : 1;

/** Whether all was as it must be. */
async function main() {
  const all = await makePatients(Number(values.patients));
  const sizes = [Number(values.few), all.length];
  const rows = [];
  for (const size of sizes) rows.push(await goThrough(all.slice(0, size)));
  const alone = await run("the model alone", [
    join(here, "one-batch.mjs"),
    rows[0].cache,
    JSON.stringify(flags),
  ]);
  console.table([
    { what: "the model alone", "peak, MiB": alone.peak, "beside it, MiB": 0, seconds: alone.seconds },
    ...rows.map(({ size, train, mae, cases }) => ({
      what: `train, ${FOLDS} folds of ${size} patients`,
      "peak, MiB": train.peak,
      "beside it, MiB": train.peak - alone.peak,
      seconds: train.seconds,
      "MAE of the test, HU": mae,
      cases,
    })),
  ]);
  const peaks = rows.map(({ train }) => train.peak);
  const apart = Math.abs(peaks[1] / peaks[0] - 1);
  const beside = Math.max(...peaks) - alone.peak;
  console.log(
    `beside the model: ${beside} MiB of ${MOST}; all and a few: ${(100 * apart).toFixed(1)} % apart of 10`,
  );
  return beside <= MOST && apart <= MOST_APART;
}

/** Prepares patients, trains on them, and evaluates what the model of all folds makes of the test part. */
async function goThrough(patients) {
  const size = patients.length;
  const [data, cache, model, made, scores] = ["data", "cache", "run", "made", "scores"].map((name) =>
    join(out, String(size), name),
  );
  for (const id of patients) {
    await mkdir(join(data, id), { recursive: true });
    for (const file of await readdir(join(out, "patients", id)))
      if (!existsSync(join(data, id, file)))
        await link(join(out, "patients", id, file), join(data, id, file));
  }
  for (const folder of [model, made, scores]) await rm(folder, { recursive: true, force: true });
  const midash = (...args) => run(`midash ${args[0]}, ${size} patients`, [MAIN, ...args]);
  await midash("prepare", data, "--out", cache, "--spacing", "1,1,1");
  const train = await midash("train", cache, "--out", model, "--folds", String(FOLDS), ...flags);
  const part = ["--part", "test", "--split", model];
  await midash(
    "synthesize",
    data,
    made,
    "--model",
    join(model, "model.safetensors"),
    "--allow-phantom-model",
    ...part,
  );
  await midash(
    "evaluate",
    "--predictions",
    made,
    "--references",
    data,
    "--masks",
    data,
    "--preset",
    "synthrad2023",
    "--out",
    scores,
    ...part,
  );
  const { measures, scored } = JSON.parse(await readFile(join(scores, "cohort.json"), "utf8"));
  const mae = measures.find(({ name }) => name === "mae").summary.mean;
  return { size, cache, train, mae: Number(mae.toFixed(1)), cases: scored };
}

async function makePatients(count) {
  const jiti = createRequire(import.meta.url).resolve("jiti/package.json");
  const script = join(here, "simulated-cohort.ts");
  const made = join(out, "patients");
  await run("simulated patients", [
    join(dirname(jiti), "lib/jiti-cli.mjs"),
    script,
    made,
    String(count),
    values.maps,
  ]);
  return (await readdir(made)).sort().slice(0, count);
}

/** Runs Node, and gives its most resident memory in MiB and its seconds. @throws where it fails */
function run(what, args) {
  console.log(`${what} ...`);
  const began = performance.now();
  const preload = `--import=data:text/javascript,${encodeURIComponent(PEAK)}`;
  const child = spawn(process.execPath, [preload, ...args], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const text = { out: "", err: "", peak: "" };
  for (const [n, name] of Object.keys(text).entries())
    child.stdio[n + 1].on("data", (chunk) => {
      text[name] += chunk;
    });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => {
      if (code !== 0)
        return failed(new Error(`${what} ended with ${code}:\n${text.out.slice(-2000)}${text.err}`));
      const peak = Math.round(Number(text.peak) / 1024);
      const seconds = Math.round((performance.now() - began) / 1000);
      console.log(`  ${seconds} s, at most ${peak} MiB`);
      done({ peak, seconds });
    });
  });
}
