/**
 * The queue of examples/server on a real store, from Debian's packages: many small cases while workers, their processes, the server, the enqueuer and the store are killed at random; what the queue
 * costs a case; and faults that end in one clear state each.
 *
 *   npm run verify:queue -- --store redis|postgres [--cases 10000] [--kills 300] [--uploads 500] [--quiet 200] [--seed 1] [--scenarios [--only NAME]] [--json FILE]
 *
 * --quiet 0, --cases 0 leave a part out; --scenarios does the faults alone.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type StoreName, storeMissing } from "../support/stores.ts";
import { killRun } from "./queue/kill-run.ts";
import { quietRun } from "./queue/quiet-run.ts";
import { SCENARIO_CASES, SCENARIOS } from "./queue/scenarios.ts";
import { makeSetting, type Setting } from "./queue/setting.ts";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "redis" },
    cases: { type: "string", default: "10000" },
    kills: { type: "string", default: "300" },
    uploads: { type: "string", default: "500" },
    quiet: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    scenarios: { type: "boolean" },
    only: { type: "string" },
    json: { type: "string" },
    keep: { type: "boolean" },
  },
});
const store = values.store as StoreName;
const missing = storeMissing(store);
if (missing) throw new Error(missing);
const results: Record<string, unknown> = { store };
let good = true;

async function part(name: string, cases: number, work: (setting: Setting) => Promise<object>): Promise<void> {
  if (cases === 0) return;
  const setting = await makeSetting(store, cases);
  await setting.store.start();
  try {
    const result = await work(setting);
    results[name] = result;
    console.log(JSON.stringify({ [name]: result }, null, 1));
    const { lost, doubled, different } = result as Record<string, number>;
    if (lost || doubled || different) good = false;
  } finally {
    await setting.store.kill("SIGKILL");
    if (!values.keep)
      for (const folder of [setting.folder, setting.app]) await rm(folder, { recursive: true, force: true });
  }
}

const cases = values.scenarios ? 0 : Number(values.cases);
if (values.scenarios)
  for (const [name, scenario] of Object.entries(SCENARIOS))
    if ((values.only ?? name) === name)
      await part(name, SCENARIO_CASES, (setting) => scenario(setting, join(setting.folder, name)));
await part("quiet", values.scenarios ? 0 : Number(values.quiet), (setting) =>
  quietRun(setting, Number(values.quiet)),
);
await part("killed", cases, (setting) =>
  killRun(setting, {
    cases,
    uploads: Number(values.uploads),
    kills: Number(values.kills),
    seed: Number(values.seed),
  }),
);
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 1)}\n`);
process.exitCode = good ? 0 : 1;
