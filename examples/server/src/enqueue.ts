import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { findMrs, type ProcessPlan, processCases } from "@midash/core/node";
import { PRIORITY, type Task } from "./queue.ts";
import { storeOf } from "./settings.ts";
import { jobOptions, openStore } from "./store.ts";

const USAGE = `npm run enqueue -- CASES --out DIR [options]

CASES are what midash process takes: a folder, or a table of files. Each becomes a task, known by
its id, the plan and DIR: run it again, and nothing is doubled.

  --priority N          from ${PRIORITY.first}, done first, to ${PRIORITY.last} (default: ${PRIORITY.usual})
  --plan FILE           what to do, as JSON: the members of ProcessPlan
  --model FILE          a model (repeated: an ensemble); default: the model of heads
  --allow-phantom-model, --labels, --uncertainty, --classify, --report
`;
/** So many are put in at once. */
const BATCH = 200;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    priority: { type: "string", default: String(PRIORITY.usual) },
    plan: { type: "string" },
    model: { type: "string", multiple: true },
    "allow-phantom-model": { type: "boolean" },
    labels: { type: "boolean" },
    uncertainty: { type: "boolean" },
    classify: { type: "boolean" },
    report: { type: "boolean" },
  },
});
const [cohort] = positionals;
if (cohort === undefined || values.out === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const store = storeOf(process.env.MIDASH_STORE);
if (store === undefined) throw new Error("MIDASH_STORE must be set: redis://... or postgres://...");
const priority = Number(values.priority);
if (!Number.isInteger(priority) || priority < PRIORITY.first || priority > PRIORITY.last)
  throw new Error(`--priority must be from ${PRIORITY.first} to ${PRIORITY.last}, got "${values.priority}"`);

const { labels, uncertainty, classify, report } = values;
const asked =
  values.plan === undefined ? {} : (JSON.parse(await readFile(values.plan, "utf8")) as ProcessPlan);
const models = (values.model ?? asked.models)?.map((file) => resolve(file));
const plan: ProcessPlan = {
  ...asked,
  ...(models ? { models } : {}),
  ...(values["allow-phantom-model"] ? { allowPhantomModel: true } : {}),
  ...Object.fromEntries(Object.entries({ labels, uncertainty, classify, report }).filter(([, is]) => is)),
};
const out = resolve(values.out);
for await (const _ of processCases([], plan, { out })); // a plan that can't be is said now, not by each case
const cases = await findMrs(cohort);
if (cases.length === 0) throw new Error(`${cohort} holds no cases`);

const tasks = cases.map(({ id, where, files, inputs }): Task => {
  const paths = Object.fromEntries([...files].map(([role, path]) => [role, resolve(path)]));
  const known = createHash("sha256")
    .update(JSON.stringify([out, id, plan]))
    .digest("hex");
  return {
    id: `c-${known.slice(0, 32)}`,
    case: { id, where, files: paths, inputs: [...inputs] },
    plan,
    out,
    priority,
  };
});
const { queue } = openStore(store);
for (let at = 0; at < tasks.length; at += BATCH)
  await queue.addBulk(
    tasks.slice(at, at + BATCH).map((task) => ({ name: "case", data: task, opts: jobOptions(task) })),
  );
const ours = new Set(tasks.map(({ id }) => id));
const dead = (await queue.getFailed()).filter(({ id }) => ours.has(id!)).length;
process.stdout.write(`${JSON.stringify({ cases: tasks.length, dead })}\n`);
if (dead > 0)
  process.stderr.write(`${dead} of them failed before, and wait until: npm run dead -- --retry\n`);
await queue.close();
