// Reads damaged files one by one and prints a line of JSON for each. Its parent is run.ts; whatever kills this process, or keeps it busy,
// belongs to the file after the last one printed (writes to a pipe are synchronous).
import { watchAllocations } from "./allocations.ts";
import { BOUND, type Job, LIMITS, type Line } from "./job.ts";

const allocations = watchAllocations();
// Only now: the library is to see the watched constructors.
const { MidashError } = await import("../../../src/base/errors/index.ts");
const { zlibEngine } = await import("../../../src/host/node/gzip-engine.ts");
const { Random } = await import("../../../src/base/random/index.ts");
const { Volume } = await import("../../../src/imaging/volume/index.ts");
const { mutate } = await import("./mutate.ts");
const { readSeed, subjectOf } = await import("./subjects.ts");

const job = JSON.parse(process.argv[2]!) as Job;
const subject = subjectOf(job.subject);
const seeds = subject.seeds();

/** Node's zlib, whose output buffer is as large as its limit. */
const engine: typeof zlibEngine = {
  ...zlibEngine,
  gunzip(bytes, options) {
    allocations.note(options.limit);
    return zlibEngine.gunzip(bytes, options);
  },
  inflate(bytes, options) {
    allocations.note(options.limit);
    return zlibEngine.inflate!(bytes, options);
  },
};

// Once before it counts: what is compiled and allocated on first use belongs to no file.
if (subject.name !== "broken")
  for (const seed of seeds.slice(0, 20)) await readSeed(subject, seed, { frame: 0 }).catch(() => undefined);
print({ index: job.from - 1, outcome: "ready" });

for (let index = job.from; index < job.to; index++) {
  const { seed } = mutate(subject, seeds, job.seed, index);
  const random = new Random(`options/${index}`);
  const options = {
    limits: LIMITS,
    ...(random.integer(2) === 0 ? { frame: random.integer(3) } : {}),
    ...(random.integer(2) === 0 ? { engine } : {}),
  };
  const size = [...seed.files.values()].reduce((sum, { length }) => sum + length, 0);
  allocations.reset();
  const before = process.cpuUsage();
  const most = process.resourceUsage().maxRSS;
  const result: unknown = await readSeed(subject, seed, options).catch((error: unknown) => error);
  const { user, system } = process.cpuUsage(before);
  const { largest, sum } = allocations.seen;
  const cpu = (user + system) / 1000;
  const resident = 1024 * process.resourceUsage().maxRSS;
  const grown = resident - 1024 * most;
  const over = largest > BOUND.largest(size) || sum > BOUND.sum(size) || grown > BOUND.grown(size);
  print({ index, cpu, largest, sum, grown, resident, over, ...judge(result) });
}
print({ index: job.to, outcome: "done" });

function judge(result: unknown): Pick<Line, "outcome" | "detail"> {
  if (Volume.is(result)) {
    const sane = result.affine.every(Number.isFinite) && result.size <= LIMITS.maxVoxels;
    return sane
      ? { outcome: "ok" }
      : { outcome: "untagged", detail: `a volume of ${result.shape.join("×")}` };
  }
  if (MidashError.is(result) && result.kind !== "internal" && !result.message.includes("\n"))
    return { outcome: result.kind };
  return {
    outcome: "untagged",
    detail: result instanceof Error ? (result.stack ?? result.message) : String(result),
  };
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
