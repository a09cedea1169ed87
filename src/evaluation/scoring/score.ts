import { mapInto } from "../../base/bytes/index.ts";
import { assert, throwIfAborted, type Warning } from "../../base/errors/index.ts";
import { maskBytes, type Volume } from "../../imaging/volume/index.ts";
import type { Case } from "../../road/data/index.ts";
import { loadCase } from "../../road/data/index.ts";
import { forwardSteps, type Preparation, type Subject } from "../../road/preparation/index.ts";
import type { Synthesizer } from "../../road/synthesis/index.ts";
import {
  BODY_OF_CT,
  type LabelReport,
  LookupBaseline,
  type LookupPair,
  type MetricPreset,
  type MetricReport,
  Metrics,
} from "../metrics/index.ts";

/** One case synthesised and scored. */
export interface ScoredCase {
  readonly id: string;
  readonly reports: Readonly<Record<"synthrad2023" | "slice2d", MetricReport>>;
  /** MAE in HU of the lookup baseline over the same voxels; null when no baseline was given. */
  readonly lookupMae: number | null;
  /** The same of the baseline's one constant, the median HU of the training body. */
  readonly constantMae: number | null;
  /** Of each output of labels that the case has labels of, by its name. Empty when there is none. */
  readonly labels: Readonly<Record<string, ScoredLabels>>;
}

/** How well one output of labels met those of the case, over the whole volume. Label 0, the background, is not scored. */
export interface ScoredLabels extends LabelReport {
  /** For each of {@link LabelReport.labels} the Dice of a volume with that label everywhere in the scored region: the one to beat. */
  readonly constantDice: readonly number[];
}

/** A {@link ScoredCase} with its volumes, for pictures. */
export interface ScoredVolumes extends ScoredCase {
  readonly mr: Volume;
  readonly sct: Volume;
  /** What else the models gave, see `SynthesisResult.maps`. */
  readonly maps: Readonly<Record<string, Volume>>;
  readonly ct: Volume;
  readonly mask: Volume;
}

/** Options of {@link scoreCases}. */
export interface ScoreOptions {
  readonly baseline?: FittedLookup;
  readonly signal?: AbortSignal;
}

/** Where {@link scoreCases} scores, in words. */
export const SCORED_REGION = /* @__PURE__ */ (() => `${BODY_OF_CT} and the case's mask, where it has one`)();

/**
 * Synthesises each case and scores it on its own grid: `synthrad2023` over the body of the CT and the case's mask,
 * `slice2d` over whole slices of that region. One case's volumes are in memory at a time.
 */
export async function* scoreCases(
  cases: readonly Case[],
  synthesizer: Synthesizer,
  options: ScoreOptions = {},
): AsyncGenerator<ScoredVolumes> {
  for (const source of cases) yield await scoreCase(source, synthesizer, options);
}

/** In a function of its own: a generator that waits keeps what its variables hold, and so a case's volumes beside those of the next. */
async function scoreCase(
  source: Case,
  synthesizer: Synthesizer,
  { baseline, signal }: ScoreOptions,
): Promise<ScoredVolumes> {
  throwIfAborted(signal);
  const subject = await loadCase(source, synthesizer.inputs, signal);
  const { ct, scored: mask } = scoredIn(subject, source);
  const inputs = Object.fromEntries(
    Object.entries(subject.inputs).map(([name, { volume }]) => [name, volume]),
  );
  const { sct, maps } = await synthesizer.run(inputs, { signal });
  const evaluate = (preset: MetricPreset) =>
    Metrics.evaluate(sct, ct, { mask: { volume: mask, name: SCORED_REGION }, preset, signal });
  return {
    id: source.id,
    reports: { synthrad2023: await evaluate("synthrad2023"), slice2d: await evaluate("slice2d") },
    lookupMae: baseline ? await lookupMae(baseline, subject, ct, mask, signal) : null,
    constantMae: baseline ? maeWithin(() => Math.fround(baseline.constant), ct, mask) : null,
    labels: await labelsOf(maps, subject, mask, signal),
    mr: Object.values(inputs)[0]!,
    sct,
    maps,
    ct,
    mask,
  };
}

async function labelsOf(
  maps: Readonly<Record<string, Volume>>,
  { targets }: Subject,
  mask: Volume,
  signal?: AbortSignal,
): Promise<ScoredCase["labels"]> {
  const scored: Record<string, ScoredLabels> = {};
  for (const [name, map] of Object.entries(maps)) {
    const target = targets[name];
    if (target?.kind !== "labels") continue;
    const classes = map.meta.classes as readonly string[];
    const reference = target.volume.with({ meta: { labels: { ...classes } } });
    const report = await Metrics.labels(map, reference, { labels: [...classes.keys()].slice(1), signal });
    const values = reference.values();
    const region = maskBytes(mask);
    const constant = (label: number) => {
      let [all, both, inside] = [0, 0, 0];
      for (let i = 0; i < values.length; i++) {
        inside += region[i]!;
        if (values[i] !== label) continue;
        all++;
        both += region[i]!;
      }
      return (2 * both) / (all + inside);
    };
    scored[name] = { ...report, constantDice: report.labels.map(({ label }) => constant(label)) };
  }
  return scored;
}

/** A lookup baseline that sees inputs as its model does. */
export interface FittedLookup {
  /** The best constant: the median HU of the training body. */
  readonly constant: number;
  /**
   * The HU that the table holds for each voxel.
   *
   * @param subject as `loadCase` gives it; the result is on its grid
   */
  predict(subject: Subject, signal?: AbortSignal): Promise<Volume>;
}

/** More body voxels than this, over all training cases, would change no bin's median but fill the memory: fitting takes some 28 bytes for each. */
const LOOKUP_VOXELS = 4_000_000;

/**
 * The lookup baseline of a model: fitted on the first input of the training cases, normalised as the model sees it
 * (which makes it a stronger baseline than raw intensities where scans differ in gain). Of cohorts with more than 4 million
 * body voxels every n-th is used, the same number of each case at most.
 */
export async function fitLookup(
  cases: readonly Case[],
  preparation: Pick<Preparation, "inputs" | "steps">,
  options: {
    readonly signal?: AbortSignal;
    /** Sees what is doubtful about the cases as they are loaded. */
    readonly onWarning?: (warning: Warning) => void;
    /** Called with the id of each case that is done. */
    readonly onCase?: (id: string) => void;
  } = {},
): Promise<FittedLookup> {
  const { signal, onWarning = () => undefined, onCase = () => undefined } = options;
  const pairs: LookupPair[] = [];
  for (const source of cases) {
    const subject = await loadCase(source, preparation.inputs, signal);
    subject.warnings.forEach(onWarning);
    const { ct, scored } = scoredIn(subject, source);
    const inside = thinned(indicesOf(scored), Math.ceil(LOOKUP_VOXELS / cases.length));
    pairs.push({
      input: pick((await firstInput(subject, preparation, signal)).values(), inside),
      target: pick(ct.values(), inside),
      mask: new Uint8Array(inside.length).fill(1),
    });
    onCase(source.id);
  }
  const lookup = LookupBaseline.fit(pairs);
  return {
    constant: lookup.constant,
    predict: async (subject, within) => lookup.predict(await firstInput(subject, preparation, within)),
  };
}

function scoredIn(
  { targets, masks }: Subject,
  { id }: Case,
): { readonly ct: Volume; readonly scored: Volume } {
  const ct = targets.ct?.volume;
  assert(ct && masks.scored, "has no target CT", { where: `case ${id}` });
  return { ct, scored: masks.scored };
}

/** The first input in the model's range, on its own grid: steps to another one are left out. */
async function firstInput(
  { grid, inputs }: Subject,
  { inputs: specs, steps }: Pick<Preparation, "inputs" | "steps">,
  signal: AbortSignal | undefined,
): Promise<Volume> {
  const { subject } = await forwardSteps(
    steps.filter((step) => !step.gridAfter),
    { grid, inputs, targets: {}, masks: {} },
    { signal },
  );
  const { name } = specs[0]!;
  const image = subject.inputs[name];
  assert(image, `the lookup baseline needs the input "${name}"`, { where: { call: "fitLookup" } });
  return image.volume;
}

async function lookupMae(
  baseline: FittedLookup,
  subject: Subject,
  ct: Volume,
  mask: Volume,
  signal: AbortSignal | undefined,
): Promise<number> {
  const predicted = (await baseline.predict(subject, signal)).values();
  return maeWithin((i) => predicted[i]!, ct, mask);
}

/** Of what is predicted for each voxel, by its index. */
function maeWithin(predicted: (i: number) => number, ct: Volume, mask: Volume): number {
  const reference = ct.values();
  let [sum, n] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    if (!mask.data[i]) continue;
    sum += Math.abs(predicted(i) - reference[i]!);
    n++;
  }
  return sum / n;
}

function indicesOf(mask: Volume): Uint32Array {
  const out = new Uint32Array(mask.size);
  let n = 0;
  for (let i = 0; i < mask.size; i++) if (mask.data[i]) out[n++] = i;
  return out.subarray(0, n);
}

/** Evenly spaced indices, at most `limit` of them. */
function thinned(indices: Uint32Array, limit: number): Uint32Array {
  const every = Math.ceil(indices.length / limit);
  return every <= 1 ? indices : indices.filter((_, n) => n % every === 0);
}

function pick(values: Float32Array, indices: Uint32Array): Float32Array {
  return mapInto(new Float32Array(indices.length), indices, (i) => values[i]!);
}
