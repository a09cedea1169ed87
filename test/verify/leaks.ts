// The bar for memory: 200 steps of training leave tensors, buffers and resident memory as they were after 50.
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
  const at = Array.from({ length: 4 }, (_, i) => FROM + Math.round(((steps - FROM) * i) / 3));
  console.log(JSON.stringify(await held(SUBJECTS[flags["one-run"]]!, at)));
} else {
  let failed = false;
  console.log(`${"".padEnd(10)}  step  tensors  buffers  tensors, MiB  resident, MiB`);
  for (const name of Object.keys(SUBJECTS).filter((each) => !flags.only || each === flags.only)) {
    const found = inProcess(name);
    for (const { step, tensors, buffers, bytes, rss } of found)
      console.log(
        `${name.padEnd(10)}  ${String(step).padStart(4)}  ${String(tensors).padStart(7)}  ${String(buffers).padStart(7)}  ${mib(bytes).padStart(12)}  ${mib(rss).padStart(13)}`,
      );
    const [first, last] = [found[0]!, found.at(-1)!];
    const grew = last.rss - first.rss;
    const allowed = Math.max(GROWTH.bytes, GROWTH.share * first.rss);
    const flat = (["tensors", "buffers", "bytes"] as const).every((key) => first[key] === last[key]);
    const passed = flat && grew <= allowed;
    failed ||= !passed;
    const verdict = passed ? "passed" : "FAILED";
    const change = `${grew < 0 ? "" : "+"}${mib(grew)} MiB, allowed ${mib(allowed)}`;
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
