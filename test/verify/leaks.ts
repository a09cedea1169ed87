// The bar for memory: 200 steps of training, 500 on a graphics card, leave tensors, buffers and resident memory as they were from step 50 on. The card is one that a processor plays, where
// Debian's chromium has it; without it that subject is left out, and says so.
//
//   npm run verify:leaks                       # each subject in a process of its own; exit code 1 when something grew
//   npm run verify:leaks -- --only "wasm 3-D"
//   npm run verify:leaks -- --only "webgpu 2-D"
//   npm run verify:leaks -- --steps 1000
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { NO_SWIFTSHADER, swiftshader } from "../support/swiftshader.ts";
import { type Held, held, ON_A_CARD, SUBJECTS } from "./leak-run.ts";

/** What resident memory may grow by, the larger of the two: the allocator's habits and V8's compiled code alone move it by some MiB. */
const GROWTH = { share: 0.05, bytes: 8 * 2 ** 20 };
const FROM = 50;
/** Steps between two looks; resident memory is the lowest of a third of them, since what the allocator keeps for a while comes and goes. */
const EVERY = 10;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    steps: { type: "string" },
    "one-run": { type: "string" },
  },
});
const stepsOf = (name: string) => Number(flags.steps ?? (name in ON_A_CARD ? 500 : 200));
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

if (flags["one-run"] !== undefined) {
  const name = flags["one-run"];
  const looks = Math.floor((stepsOf(name) - FROM) / EVERY) + 1;
  const at = Array.from({ length: looks }, (_, i) => FROM + EVERY * i);
  const found = await held({ ...SUBJECTS, ...ON_A_CARD }[name]!, at);
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0)); // Dawn's threads would go on
} else {
  let failed = false;
  console.log(`${"".padEnd(10)}  step  tensors  buffers  tensors, MiB  resident, MiB`);
  if (!swiftshader) console.log(`webgpu is left out: ${NO_SWIFTSHADER}`);
  const all = [...Object.keys(SUBJECTS), ...(swiftshader ? Object.keys(ON_A_CARD) : [])];
  for (const name of all.filter((each) => !flags.only || each === flags.only)) {
    const found = inProcess(name);
    const third = Math.ceil(found.length / 3);
    const lowest = (part: readonly Held[]) => Math.min(...part.map(({ rss }) => rss));
    const [first, last] = [found[0]!, found.at(-1)!];
    for (const { step, tensors, buffers, bytes, rss, card } of [first, last]) {
      console.log(
        `${name.padEnd(10)}  ${String(step).padStart(4)}  ${String(tensors).padStart(7)}  ${String(buffers).padStart(7)}  ${mib(bytes).padStart(12)}  ${mib(rss).padStart(13)}`,
      );
      if (card) console.log(`${"".padEnd(10)}  on the card: ${card.buffers} buffers, ${mib(card.bytes)} MiB`);
    }
    const [before, after] = [lowest(found.slice(0, third)), lowest(found.slice(-third))];
    const grew = after - before;
    const allowed = Math.max(GROWTH.bytes, GROWTH.share * before);
    const flat = (["tensors", "buffers", "bytes"] as const).every((key) =>
      found.every(
        (each) => each[key] === first[key] && isDeepStrictEqual(each.card, first.card), // to the byte
      ),
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
  const ran = spawnSync(
    process.execPath,
    [jiti, script, "--one-run", name, "--steps", String(stepsOf(name))],
    {
      env: { ...process.env, ...(name in ON_A_CARD ? swiftshader : {}) },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (ran.status !== 0) throw new Error(`${name}: exit code ${ran.status}`);
  return JSON.parse(ran.stdout) as readonly Held[];
}
