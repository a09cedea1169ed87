// Drives a child through a run: starts it again behind a file that killed it or kept it busy, and counts.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Job, type Line, PATIENCE } from "./job.ts";

const child = fileURLToPath(new URL("child.ts", import.meta.url));
const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");

/** Milliseconds without a word from a child that uses no CPU either: it waits for something that will not come. */
const SILENCE = 60_000;
/** Milliseconds for a child to load the library and read whole files. */
const START = 120_000;

/** A file that must not be what it is. */
export interface Failure {
  readonly index: number;
  readonly what: "crash" | "hang" | "untagged" | "over limit";
  readonly detail: string;
}

/** Counts of a run. */
export interface Counts {
  readonly subject: string;
  /** Files read or refused, by outcome: "ok" and the kinds of error. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Most CPU of one read in ms, largest request for memory in bytes. */
  readonly slowest: number;
  readonly largest: number;
  /** Largest resident set of the reading process, in bytes. */
  readonly resident: number;
}

/** Reads `count` damaged files of a subject. */
export async function fuzz(
  subject: string,
  { seed, from = 0, count }: { readonly seed: number; readonly from?: number; readonly count: number },
): Promise<Counts> {
  const outcomes: Record<string, number> = {};
  const failures: Failure[] = [];
  let [slowest, largest, resident] = [0, 0, 0];
  const take = (line: Line) => {
    const { index, outcome, cpu = 0, largest: bytes = 0, sum = 0, grown = 0, over, detail = "" } = line;
    resident = Math.max(resident, line.resident ?? 0);
    slowest = Math.max(slowest, cpu);
    largest = Math.max(largest, bytes);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (outcome === "untagged") failures.push({ index, what: "untagged", detail });
    if (over)
      failures.push({
        index,
        what: "over limit",
        detail: `${bytes} bytes at once, ${sum} in all, ${grown} grown`,
      });
    if (cpu > PATIENCE) failures.push({ index, what: "hang", detail: `${Math.round(cpu)} ms of CPU` });
  };
  const end = from + count;
  for (let next = from; next < end; ) {
    const { last, why } = await runChild({ subject, seed, from: next, to: end }, take);
    next = last + 1;
    if (!why) break;
    failures.push({ index: next, ...why });
    next++;
  }
  return { subject, outcomes, failures, slowest, largest, resident };
}

/** Runs one child until it is done, dies or is stopped. `last`: the last file that it told of. */
async function runChild(
  job: Job,
  take: (line: Line) => void,
): Promise<{ readonly last: number; readonly why?: Omit<Failure, "index"> }> {
  const flags = ["--max-old-space-size=512", jiti, child, JSON.stringify(job)];
  const process_ = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "pipe"] });
  let last = job.from - 1;
  let [ready, done] = [false, false];
  let hung: string | undefined;
  let errors = "";
  const clock = { at: Date.now(), cpu: 0 };
  const lines = createInterface({ input: process_.stdout! });
  lines.on("line", (text) => {
    const line = JSON.parse(text) as Line;
    clock.at = Date.now();
    clock.cpu = -1; // to be read when it matters
    if (line.outcome === "ready") ready = true;
    else if (line.outcome === "done") done = true;
    else {
      last = line.index;
      take(line);
    }
  });
  process_.stderr!.on("data", (data: Buffer) => {
    errors = (errors + data.toString()).slice(-4000);
  });
  const watch = setInterval(() => {
    const waited = Date.now() - clock.at;
    const cpu = cpuOf(process_);
    if (clock.cpu < 0) clock.cpu = cpu ?? 0;
    const used = cpu === undefined ? waited / 10 : cpu - clock.cpu;
    // CPU, not time: other programs may hold the machine.
    if (ready && used > 2 * PATIENCE) hung = `no answer after ${Math.round(used)} ms of CPU`;
    else if (waited > (ready ? SILENCE : START)) hung = `no answer after ${waited} ms`;
    if (hung) process_.kill("SIGKILL");
  }, 500);
  const code = await new Promise<number | string | null>((resolve) => {
    process_.on("close", (exit, signal) => resolve(signal ?? exit));
  });
  clearInterval(watch);
  if (done) return { last };
  if (hung) return { last, why: { what: "hang", detail: hung } };
  if (!ready) throw new Error(`the fuzzer's child has not started (${code}): ${errors}`);
  return { last, why: { what: "crash", detail: `the process ended with ${code}: ${errors}` } };
}

/** Milliseconds of CPU that a process has used, where the system tells (Linux). */
function cpuOf({ pid }: ChildProcess): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12])); // clock ticks are 10 ms
  } catch {
    return undefined;
  }
}
