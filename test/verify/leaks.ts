// The bar for memory: 200 steps of training leave tensors, buffers and resident memory as they were from step 50 on.
//
//   npm run verify:leaks                       # each subject in a process of its own; exit code 1 when something grew
//   npm run verify:leaks -- --only "wasm 3-D"
//   npm run verify:leaks -- --steps 1000
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Held, held, SUBJECTS } from "./leak-run.ts";

/** What resident memory may grow by, the larger of the two: the allocator's habits and V8's compiled code alone move it by some MiB. */
const GROWTH = { share: 0.05, bytes: 8 * 2 ** 20 };
const FROM = 50;
/** Steps between two looks; resident memory is the lowest of a third of them, since what the allocator keeps for a while comes and goes. */
const EVERY = 10;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    steps: { type: "string", default: "200" },
    "one-run": { type: "string" },
  },
});
const steps = Number(flags.steps);
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

if (flags["one-run"] !== undefined) {
  const at = Array.from({ length: Math.floor((steps - FROM) / EVERY) + 1 }, (_, i) => FROM + EVERY * i);
  console.log(JSON.stringify(await held(SUBJECTS[flags["one-run"]]!, at)));
} else {
  let failed = false;
  console.log(`${"".padEnd(10)}  step  tensors  buffers  tensors, MiB  resident, MiB`);
  for (const name of Object.keys(SUBJECTS).filter((each) => !flags.only || each === flags.only)) {
    const found = inProcess(name);
    const third = Math.ceil(found.length / 3);
    const lowest = (part: readonly Held[]) => Math.min(...part.map(({ rss }) => rss));
    const [first, last] = [found[0]!, found.at(-1)!];
    for (const { step, tensors, buffers, bytes, rss } of [first, last])
      console.log(
        `${name.padEnd(10)}  ${String(step).padStart(4)}  ${String(tensors).padStart(7)}  ${String(buffers).padStart(7)}  ${mib(bytes).padStart(12)}  ${mib(rss).padStart(13)}`,
      );
    const [before, after] = [lowest(found.slice(0, third)), lowest(found.slice(-third))];
    const grew = after - before;
    const allowed = Math.max(GROWTH.bytes, GROWTH.share * before);
    const flat = (["tensors", "buffers", "bytes"] as const).every((key) =>
      found.every((each) => each[key] === first[key]),
    );
    const passed = flat && grew <= allowed;
    failed ||= !passed;
    const verdict = passed ? "passed" : "FAILED";
    const change = `from ${mib(before)} to ${mib(after)} MiB (lowest of the first and of the last ${third} looks), allowed +${mib(allowed)}`;
    console.log(`${name.padEnd(10)}  ${verdict}: resident memory ${change}\n`);
  }
  process.exitCode = failed ? 1 : 0;
}

function inProcess(name: string): readonly Held[] {
  const jiti = fileURLToPath(import.meta.resolve("jiti/package.json")).replace(
    "package.json",
    "lib/jiti-cli.mjs",
  );
  const script = fileURLToPath(import.meta.url);
  const ran = spawnSync(process.execPath, [jiti, script, "--one-run", name, "--steps", String(steps)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (ran.status !== 0) throw new Error(`${name}: exit code ${ran.status}`);
  return JSON.parse(ran.stdout) as readonly Held[];
}
