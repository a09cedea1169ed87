import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { assert, MidashError } from "../../../base/errors/index.ts";
import { evaluateCase, measuresOf, type ScoredCohortCase } from "../../../evaluation/cohort/index.ts";
import { stringifyReport } from "../../../evaluation/metrics/index.ts";
import { reportHtml } from "../../../evaluation/report/index.ts";
import { Classifier } from "../../../imaging/classifier/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { reorient, sameGrid, type Volume } from "../../../imaging/volume/index.ts";
import type { Plugin } from "../../../road/plugin/index.ts";
import { oneFrame } from "../case-folder.ts";
import { fileFormats } from "../file-formats.ts";
import { writeFileAtomic } from "../files.ts";
import type { FoundCase } from "../layouts/index.ts";
import { fileCohortCase } from "../open-cohort.ts";
import { readVolume, writeVolume } from "../volumes.ts";
import { caseInputs } from "./case-inputs.ts";
import { fileDigest } from "./file-digest.ts";
import { firstInput, type Made, type SctMaker } from "./maker.ts";
import type { SettledPlan } from "./process-plan.ts";
import type { DoneRecord } from "./process-record.ts";
import { shownOf } from "./shown-case.ts";

/** Of what was done to a case, what its outputs say. */
type MadeOutputs = Pick<
  DoneRecord,
  "backend" | "simulated" | "warnings" | "outputs" | "metrics" | "classes" | "facts"
> & { readonly model: Omit<DoneRecord["model"], "identities"> };

/** Makes all that a plan asks for of a case, into `folder`. */
export async function makeOutputs(
  found: FoundCase,
  plan: SettledPlan,
  how: {
    readonly folder: string;
    readonly maker: SctMaker;
    readonly plugins?: readonly Plugin[];
    readonly signal?: AbortSignal;
    readonly onProgress?: (share: number) => void;
  },
): Promise<MadeOutputs> {
  const { folder, maker, plugins = [], signal, onProgress } = how;
  const formats = [...plugins.flatMap((one) => Object.values(one.formats ?? {})), ...fileFormats];
  const { id } = found;
  const files = caseInputs(found, maker);
  const inputs: Record<string, Volume> = {};
  for (const [name, file] of files) inputs[name] = await readInput(file, formats, signal);
  assertOneGrid(files, inputs);
  const file = files.get(firstInput(maker)) ?? [...files.values()][0]!;
  const made = await maker.make(inputs, {
    name: file,
    signal,
    onProgress: ({ done, total }) => onProgress?.(done / total),
  });
  const { sct } = made;
  const write = (name: string, volume: Volume) =>
    writeVolume(join(folder, `${name}.${plan.format}`), volume, { formats, signal });
  await write("sct", sct);
  for (const [name, volume] of Object.entries(made.maps)) await write(`sct_${name}`, volume);
  const density = plan.classify ? await Classifier.density().classify(sct, { signal }) : undefined;
  if (density) await write("density", density.labels);
  const scored = await measured(found, sct, plan, { formats, signal });
  const text = (value: string) => new TextEncoder().encode(value);
  if (scored)
    await writeFileAtomic(join(folder, "metrics.json"), text(`${stringifyReport(scored.report)}\n`));
  const warnings = [...made.warnings, ...(scored?.note === undefined ? [] : [scored.note])];
  if (plan.report) {
    const html = await report({ id, file }, inputs, { ...made, warnings }, { maker, scored, signal });
    await writeFileAtomic(join(folder, "report.html"), text(html));
  }
  const outputs: Record<string, { sha256: string; bytes: number }> = {};
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    outputs[name] = { sha256: await fileDigest(path), bytes: (await stat(path)).size };
  }
  return {
    model: { names: maker.names, trainedOn: maker.trainedOn, each: maker.models },
    backend: made.backend,
    simulated: sct.simulated,
    warnings,
    outputs,
    ...(scored
      ? {
          metrics: {
            preset: scored.report.preset,
            maskRule: scored.report.mae.maskRule,
            values: Object.fromEntries(
              measuresOf(scored.report).map(({ name, value: { value, unit } }) => [name, { value, unit }]),
            ),
          },
        }
      : {}),
    ...(density ? { classes: density.table } : {}),
    facts: made.facts,
  };
}

async function readInput(
  file: string,
  formats: readonly VolumeFormat[],
  signal: AbortSignal | undefined,
): Promise<Volume> {
  const volume = oneFrame(file, await readVolume(file, { formats, frame: 0, signal }));
  assert(volume.unit !== "HU", "is marked as a CT in HU, not MR", { where: file, hint: "give an MR" });
  return volume.with({ unit: "arbitrary" });
}

function assertOneGrid(files: ReadonlyMap<string, string>, inputs: Readonly<Record<string, Volume>>): void {
  const [[first, like], ...others] = Object.entries(inputs) as [[string, Volume], ...[string, Volume][]];
  for (const [name, volume] of others)
    if (!sameGrid(reorient(like), reorient(volume)))
      throw new MidashError("grid-mismatch", `is on another grid than ${files.get(first)}`, {
        where: files.get(name),
        hint: "resample it first",
      });
}

/** Against the case's CT, where it has one and that is asked for. @throws MidashError what is wrong with CT or mask */
async function measured(
  { id, files }: FoundCase,
  sct: Volume,
  { preset }: SettledPlan,
  { formats, signal }: { readonly formats: readonly VolumeFormat[]; readonly signal?: AbortSignal },
): Promise<ScoredCohortCase | undefined> {
  const reference = files.get("ct");
  if (preset === false || reference === undefined) return undefined;
  const mask = files.get("mask");
  const source = fileCohortCase(id, { reference, ...(mask === undefined ? {} : { mask }) }, { formats });
  const result = await evaluateCase({ ...source, prediction: { load: async () => sct } }, { preset, signal });
  if (result.status === "failed") throw MidashError.from(result.error);
  return result;
}

async function report(
  who: { readonly id: string; readonly file: string },
  inputs: Readonly<Record<string, Volume>>,
  made: Made,
  how: {
    readonly maker: SctMaker;
    readonly scored: ScoredCohortCase | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<string> {
  const { maker, scored, signal } = how;
  const { shown, facts, tables, warnings } = await shownOf(who, inputs, made, maker, signal);
  const reports = scored ? { reports: { [scored.report.preset]: scored.report } } : {};
  return reportHtml(
    {
      title: "midash process",
      facts,
      tables,
      warnings,
      cases: [{ ...shown, ...reports, ...(scored ? { maskRule: scored.report.mae.maskRule } : {}) }],
      created: null,
    },
    { axes: ["axial", "coronal", "sagittal"], signal },
  );
}
