// Hostile files: each format reads damaged ones, and must give a volume or a MidashError, soon, within its limits.
//
//   npm run verify:fuzz                          # 20,000 damaged files a format; prints the counts; exit code 1 for any failure
//   npm run verify:fuzz -- --count 1000 --seed 2 --format nrrd
//   npm run verify:fuzz -- --format nrrd --seed 2 --only 1234    # one file again: writes it to --out, and says what was done to it
//
// Damaged files are made from the committed fixtures, and from small files of ../shared/data/io where they are there. What is counted, and
// how, stands in fuzz/job.ts (limits), fuzz/allocations.ts (memory) and fuzz/run.ts (crashes, hangs).
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { mutate } from "./fuzz/mutate.ts";
import { type Counts, type Failure, fuzz } from "./fuzz/run.ts";
import { SUBJECTS, subjectOf } from "./fuzz/subjects.ts";

const { values: flags } = parseArgs({
  options: {
    count: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    format: { type: "string", multiple: true },
    only: { type: "string" },
    out: { type: "string", default: join(tmpdir(), "midash-fuzz") },
  },
});
const say = (line: string) => console.log(line);
const seed = Number(flags.seed);
const only = flags.only === undefined ? undefined : Number(flags.only);
const subjects = flags.format?.map(subjectOf) ?? SUBJECTS;

const WHATS: readonly Failure["what"][] = ["crash", "hang", "untagged", "over limit"];
const KINDS = ["ok", "invalid-file", "unsupported", "limit", "invalid-argument", "not-found"];
const width = 12;
const head = (text: string) => text.replace("invalid-argument", "argument");
say(
  ["format", ...KINDS, ...WHATS, "max CPU ms", "max MiB", "RSS MiB"]
    .map((text) => head(text).padStart(width))
    .join(""),
);
let failed = 0;
for (const { name } of subjects) {
  const counts = await fuzz(name, {
    seed,
    from: only ?? 0,
    count: only === undefined ? Number(flags.count) : 1,
  });
  say(row(counts));
  for (const failure of counts.failures) save(name, failure.index, failure);
  if (only !== undefined) save(name, only, undefined);
  failed += counts.failures.length;
}
process.exitCode = failed > 0 ? 1 : 0;

function row({ subject, outcomes, failures, slowest, largest, resident }: Counts): string {
  const others = Object.keys(outcomes).filter((outcome) => ![...KINDS, "untagged"].includes(outcome));
  const of = (what: string) => failures.filter((failure) => failure.what === what).length;
  const cells = [
    subject,
    ...KINDS.map((kind) => outcomes[kind] ?? 0),
    ...WHATS.map(of),
    Math.round(slowest),
    (largest / 2 ** 20).toFixed(1),
    Math.round(resident / 2 ** 20),
  ];
  const more = others.map((outcome) => `  ${outcome}: ${outcomes[outcome]}`).join("");
  return cells.map((cell) => String(cell).padStart(width)).join("") + more;
}

/** The damaged file, with what was done to it. */
function save(name: string, index: number, failure: Failure | undefined): void {
  const subject = subjectOf(name);
  const { seed: files, steps } = mutate(subject, subject.seeds(), seed, index);
  const folder = join(flags.out, `${name}-${seed}-${index}`);
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of files.files) writeFileSync(join(folder, basename(file)), bytes);
  writeFileSync(join(folder, "steps.txt"), `${[...steps, failure?.detail ?? ""].join("\n")}\n`);
  say(`${folder}: ${failure ? `${failure.what}: ${failure.detail.split("\n")[0]}` : steps.join("; ")}`);
}
