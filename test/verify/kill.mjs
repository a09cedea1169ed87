/**
 * Kills a training run again and again, and fills its disk, resumes it each time, and compares what it ends with, byte for byte, with a
 * run that was never stopped. Exits 1 on any difference.
 *
 *     npm run verify:kill -- [--model NAME] [--kills N] [--full N] [--seed S] [-- MORE FLAGS OF midash train]
 *
 * Checkpoints fall several times in each epoch. Some kills are aimed at instants drawn by chance, from start-up to the test after the training; the others at
 * the moment in which a file of the run appears, so that they fall into the writing of checkpoints. What was really hit is read off the files that the kill left.
 *
 * A disk that fills is one in memory of few MB, where this process may mount one (root on Linux), which has less room than the next checkpoint needs; and
 * everywhere a limit of the size of files. Each must end the run with one clear error; every other one is killed at the same time.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Half a minute unbroken. The rate is high, so that some epochs are better than the best and some are not. */
const RUN =
  "--subjects 3,1,1 --phantom-shape 40,48,20 --phantom-spacing 5,5,8 --batch-size 4 --steps-per-epoch 8 " +
  "--flip --patience 0 --learning-rate 0.02 --seed 4 --checkpoint-minutes 0.004 --keep-best 2";
/** Bytes of the small disk. */
const DISK = 2 ** 26;
/** What start-up may write on a disk that is nearly full: lock, settings, record. */
const SMALL_FILES = 2 ** 16;

/** The run that is stopped, on the small disk. */
const BROKEN = "disk/broken";
/** What a run on a full disk must say: how much was needed, and what to do. */
const FULL =
  /: (the disk is full: [\d.]+ MB are needed, [\d.]+ MB are free|larger than the disk or a limit of the system allows: [\d.]+ MB are needed); .+\n$/;
const LAST = /^last\.safetensors$/;

const own = process.argv.slice(2);
const cut = own.includes("--") ? own.indexOf("--") : own.length;
const { values } = parseArgs({
  args: own.slice(0, cut),
  options: {
    model: { type: "string" },
    kills: { type: "string", default: "10" },
    full: { type: "string", default: "4" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const kills = Number(values.kills);
const fulls = Number(values.full);
const model = values.model ? ["--model", values.model] : ["--base-filters", "8"];
/** So long that kills fall into the training, not behind it. */
const length = ["--epochs", String(Math.max(12, kills))];
const flags = [...RUN.split(" "), ...model, ...length, ...own.slice(cut + 1)];
const epochs = Number(flags[flags.lastIndexOf("--epochs") + 1]);
const draw = generator(Number(values.seed));

const root = await mkdtemp(join(tmpdir(), "midash-kill-"));
const disk = join(root, "disk");
const mounted = mountDisk();
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  if (mounted) execFileSync("umount", [disk]);
  await rm(root, { recursive: true, force: true });
}

/** Whether all was the same. */
async function main() {
  console.log(
    `midash train phantom ${flags.join(" ")}\n${kills} kills, ${fulls} full disks, seed ${values.seed}\n`,
  );
  const unbroken = await train("unbroken", false);
  if (unbroken.code !== 0) return say(`the unbroken run failed: ${unbroken.err}`);
  const { began, ended } = unbroken;
  console.log(`unbroken: ${seconds(ended)} s, training began after ${seconds(began)} s\n`);

  const table = [];
  const delay = (draw() * (ended - began)) / (epochs + 1); // somewhere in its second epoch
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ]) {
    const before = await stepOf(BROKEN);
    const stopped = await train(BROKEN, before > 0, { sees: LAST, skip: 0, delay, signal });
    if (stopped.code !== code) return say(`${signal} gave exit code ${stopped.code}: ${stopped.err}`);
    if (!stopped.err.includes("go on with --resume")) return say(`${signal} said ${stopped.err}`);
    table.push(await row(`${signal} in an epoch`, stopped, before, []));
  }
  let landed = 0;
  let full = 0;
  let tried = 0;
  for (let attempt = 0; (landed < kills || full < fulls) && attempt < 4 * (kills + fulls); attempt++) {
    const before = await stepOf(BROKEN);
    const files = await readdir(join(root, BROKEN)).catch(() => []);
    const done = existsSync(join(root, BROKEN, "metrics.json"));
    const fills = full < fulls && (landed >= kills || full * kills <= landed * fulls);
    const aim = fills
      ? await fullDisk(tried++)
      : done
        ? { at: "a random time", after: draw() * began }
        : aimAt(landed, unbroken);
    const ran = await train(
      BROKEN,
      files.some((name) => !name.startsWith(".")),
      aim,
    );
    await rm(join(disk, "filler"), { force: true });
    if (ran.code === 0) continue; // it ended before it could be stopped
    if (fills && ran.code === 2 && FULL.test(ran.err)) {
      full++;
      if ((await stepOf(BROKEN)) < before) return say(`the full disk took steps away: ${ran.err}`);
      table.push({
        ...(await row(aim.at, ran, before, files)),
        hit: /: (the disk.*|larger.*?);/.exec(ran.err)?.[1],
      });
      continue;
    }
    if (ran.signal !== "SIGKILL") return say(`attempt ${attempt + 1} (${aim.at}) failed: ${ran.err}`);
    landed++;
    table.push(await row(aim.at, ran, before, files));
  }
  console.table(table);
  const within = (what) => table.filter(({ hit }) => hit.startsWith(what)).length;
  console.log(
    `Ctrl-C and SIGTERM once each, then ${landed} kills (${within("write")} while a file was being written, ` +
      `${within("the training, within an epoch")} between two checkpoints within an epoch) and ${full} full disks`,
  );
  if (landed < kills || full < fulls) return say("too few landed");

  const last = await train(BROKEN, true);
  if (last.code !== 0) return say(`the last resume failed: ${last.err}`);
  const differences = await compare();
  for (const difference of differences) console.log(`DIFFERS: ${difference}`);
  if (differences.length === 0)
    console.log("The same: weights bit for bit, metadata, scores and pictures but for times.");
  return differences.length === 0;
}

async function row(aim, ran, before, files) {
  return {
    "aimed at": aim,
    "ms after start": Math.round(ran.ended),
    "steps before": before,
    "steps after": await stepOf(BROKEN),
    hit: await whatWasHit(ran, files),
  };
}

function say(what) {
  console.log(what);
  return false;
}

/** Half of the kills by time, half by what is being written, one of each kind in turn. */
function aimAt(n, { began, ended }) {
  const epoch = (ended - began) / (epochs + 1);
  const kinds = [
    { at: "last.safetensors being written", sees: /^\.last\..*\.tmp$/ },
    { at: "a random time", after: draw() * (began + 2 * epoch) },
    { at: "last.safetensors replaced", sees: LAST },
    { at: "a random time of start-up", after: draw() * began },
    { at: "best.safetensors being written", sees: /^\.best\..*\.tmp$/ },
    { at: "a random time", after: began + draw() * 2 * epoch },
    { at: "previous.safetensors put aside", sees: /^previous\.safetensors$/ },
  ];
  // The second of its kind, at times the third, so that the run moves on between the kills.
  return { ...kinds[n % kinds.length], skip: 1 + Math.floor(draw() * 1.5), delay: draw() * 3 };
}

/** One process in one folder, killed at what `aim` says, if at all. Times in ms since its start. */
async function train(folder, resume, aim = {}) {
  const out = join(root, folder);
  const args = [MAIN, "train", "phantom", "--out", out, ...flags, ...(resume ? ["--resume"] : [])];
  const started = performance.now();
  const limited = ["sh", "-c", `ulimit -f ${aim.blocks}; exec "$0" "$@"`, process.execPath];
  const [file, ...first] = aim.blocks === undefined ? [process.execPath] : limited;
  const child = spawn(file, [...first, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let err = "";
  let began = 0;
  child.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.includes("Training ")) began ||= performance.now() - started;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const exit = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  const timer =
    aim.after === undefined ? undefined : setTimeout(() => child.kill(aim.signal ?? "SIGKILL"), aim.after);
  const stop = aim.sees ? killOnSight(out, aim, child) : () => undefined;
  const { code, signal } = await exit;
  clearTimeout(timer);
  stop();
  return { code, signal, text, err, began, ended: performance.now() - started };
}

/** A disk that is nearly full, or a limit that is too small for a checkpoint. */
async function fullDisk(n) {
  const { size } = await stat(join(root, BROKEN, checkpointIn(BROKEN)));
  const room = SMALL_FILES + Math.floor(draw() * (size - SMALL_FILES));
  const kill = n % 2 === 1 ? { sees: /^\.(last|best|epoch).*\.tmp$/, skip: 0, delay: draw() * 4 } : {};
  if (!mounted || n % 3 === 2)
    return { at: `files of ${room} bytes at most`, blocks: Math.floor(room / 512), ...kill };
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, "filler"), new Uint8Array(bavail * bsize - room));
  return { at: `a disk with ${room} bytes left`, ...kill };
}

/** Whether the small disk is one; else it is a folder. */
function mountDisk() {
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK}`, "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Kills as soon as a file of that name is touched in the folder, which may not exist yet. */
function killOnSight(folder, { sees, skip, delay, signal = "SIGKILL" }, child) {
  let watcher;
  const seen = new Set();
  const poll = setInterval(() => {
    if (!existsSync(folder)) return;
    clearInterval(poll);
    watcher = watch(folder, (event, name) => {
      if (event !== "rename" || !sees.test(name)) return;
      seen.add(name.includes(".tmp") ? name : performance.now());
      if (seen.size <= skip) return;
      watcher.close(); // once: a second Ctrl-C is not waited for
      if (delay > 20) return void setTimeout(() => child.kill(signal), delay);
      const until = performance.now() + delay;
      while (performance.now() < until); // finer than timers
      child.kill(signal);
    });
  }, 5);
  return () => {
    clearInterval(poll);
    watcher?.close();
  };
}

/** Read off what the kill left. */
async function whatWasHit({ text, began }, before) {
  await sleep(20);
  const folder = join(root, BROKEN);
  if (!existsSync(folder)) return "start-up, before the folder was made";
  const files = await readdir(folder);
  for (const name of files) {
    const target = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/.exec(name)?.[1];
    if (!target || before.includes(name)) continue;
    if (
      target.startsWith("last") &&
      !files.includes("last.safetensors") &&
      files.includes("previous.safetensors")
    )
      return "write: last.safetensors between its two renames";
    return `write: ${target}, ${(await stat(join(folder, name))).size} bytes of it`;
  }
  if (!began) return "start-up";
  if (files.includes("last.safetensors")) {
    const { best } = (await metadataOf(BROKEN, "last.safetensors")).inner;
    const held = files.includes("best.safetensors")
      ? (await metadataOf(BROKEN, "best.safetensors")).inner.provenance.epochs
      : 0;
    if (held !== best.epoch) return "write: between last.safetensors and best.safetensors";
  }
  if (/Nothing left|epoch +(\d+)\/\1 /.test(text)) return "the test after the training";
  return (await stepOf(BROKEN)) % 8 > 0 ? "the training, within an epoch" : "the training";
}

async function stepOf(folder) {
  const name = checkpointIn(folder);
  return name ? (await metadataOf(folder, name)).inner.step : 0;
}

/** The last checkpoint; the one before where a kill fell between two renames. */
function checkpointIn(folder) {
  return ["last.safetensors", "previous.safetensors"].find((name) => existsSync(join(root, folder, name)));
}

/** A safetensors file's header without what may differ between two runs, and its tensor section. */
async function metadataOf(folder, name) {
  const bytes = await readFile(join(root, folder, name));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const { sha256, midash, checkpoint, ...metadata } = header.__metadata__;
  const inner = JSON.parse(midash ?? checkpoint);
  delete ("result" in inner ? inner.result : inner)?.provenance.created;
  for (const record of inner.history ?? []) delete record.seconds;
  return { tensors: bytes.subarray(8 + length), inner, rest: { ...header, __metadata__: metadata } };
}

async function compare() {
  const differences = [];
  const lists = await Promise.all(["unbroken", BROKEN].map(filesIn));
  // A picture of an epoch comes after its checkpoint: a kill in between loses it, as no epoch is computed again for a picture.
  const [wanted, got] = lists.map((names) =>
    names
      .filter((name) => dirname(name) !== "previews")
      .sort()
      .join(", "),
  );
  if (wanted !== got) differences.push(`files: ${wanted} against ${got}`);
  for (const name of lists[0].filter((file) => lists[1].includes(file))) {
    // Of when checkpoints and starts fell: a log tells of resumes, too.
    if (["previous.safetensors", "run.json", "log.jsonl"].includes(name)) continue;
    if (name.endsWith(".safetensors")) {
      const [a, b] = [await metadataOf("unbroken", name), await metadataOf(BROKEN, name)];
      if (!a.tensors.equals(b.tensors)) differences.push(`${name}: tensors`);
      for (const part of ["inner", "rest"])
        if (JSON.stringify(a[part]) !== JSON.stringify(b[part])) differences.push(`${name}: metadata`);
      continue;
    }
    if (name === "report.html") continue; // tells times and the folder; its numbers are those of metrics.json
    const [a, b] = await Promise.all(
      ["unbroken", BROKEN].map((folder) => readFile(join(root, folder, name))),
    );
    const plain = { "metrics.json": scoresOf, "log.csv": withoutTimes }[name];
    const same = plain ? plain(a) === plain(b) : a.equals(b);
    if (!same) differences.push(name);
  }
  return differences;
}

/** Names of files, also those in folders. */
async function filesIn(folder) {
  const all = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  return files.map(({ parentPath, path = parentPath, name }) =>
    relative(join(root, folder), join(path, name)),
  );
}

/** A table without its column of seconds. */
function withoutTimes(bytes) {
  const rows = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const at = rows[0].findIndex((name) => name.startsWith("seconds"));
  return rows.map((row) => row.filter((_, n) => n !== at).join()).join("\n");
}

/** metrics.json without seconds and the folder's name. */
function scoresOf(bytes) {
  const drop = new Set(["seconds", "out"]);
  return JSON.stringify(JSON.parse(bytes.toString()), (key, value) => (drop.has(key) ? undefined : value));
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}

/** Mulberry32, in [0, 1). */
function generator(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
