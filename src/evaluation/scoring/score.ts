import { throwIfAborted } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Case } from "../../road/data/index.ts";
import { loadCase } from "../../road/data/index.ts";
import type { Plan } from "../../road/preparation/index.ts";
import type { Synthesizer } from "../../road/synthesis/index.ts";
import {
  BODY_OF_CT,
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
}

/** A {@link ScoredCase} with its volumes, for pictures. */
export interface ScoredVolumes extends ScoredCase {
  readonly mr: Volume;
  readonly sct: Volume;
  readonly ct: Volume;
  readonly mask: Volume;
}

/** Options of {@link scoreCases}. */
export interface ScoreOptions {
  readonly baseline?: LookupBaseline;
  readonly signal?: AbortSignal;
}

/** Where {@link scoreCases} scores, in words. */
export const SCORED_REGION = `${BODY_OF_CT} and the case's mask, where it has one`;

/**
 * Synthesises each case and scores it on its own grid: `synthrad2023` over the body of the CT and the case's mask,
 * `slice2d` over whole slices of that region. One case's volumes are in memory at a time.
 */
export async function* scoreCases(
  cases: readonly Case[],
  synthesizer: Synthesizer,
  options: ScoreOptions = {},
): AsyncGenerator<ScoredVolumes> {
  const { baseline, signal } = options;
  const { plan } = synthesizer;
  const names = plan.inputs.map((i) => i.name);
  for (const source of cases) {
    throwIfAborted(signal);
    const { inputs, target: ct, scored: mask } = await loadCase(source, names, signal);
    const { sct } = await synthesizer.run(inputs, { signal });
    const evaluate = (preset: MetricPreset) =>
      Metrics.evaluate(sct, ct, { mask: { volume: mask, name: SCORED_REGION }, preset, signal });
    yield {
      id: source.id,
      reports: { synthrad2023: await evaluate("synthrad2023"), slice2d: await evaluate("slice2d") },
      lookupMae: baseline
        ? maeWithin(baseline.predict(await normalisedInput(inputs, plan.inputs, signal)).values(), ct, mask)
        : null,
      constantMae: baseline ? maeWithin(new Float32Array(ct.size).fill(baseline.constant), ct, mask) : null,
      mr: inputs[names[0]!]!,
      sct,
      ct,
      mask,
    };
  }
}

/** More body voxels than this, over all training cases, would change no bin's median but fill the memory. */
const LOOKUP_VOXELS = 20_000_000;

/**
 * The lookup baseline of a model: fitted on the first input of the training cases, normalised as the model sees it
 * (which makes it a stronger baseline than raw intensities where scans differ in gain). Of cohorts with more than 20 million
 * body voxels every n-th is used, the same number of each case at most.
 */
export async function fitLookup(
  cases: readonly Case[],
  channels: Plan["inputs"],
  signal?: AbortSignal,
): Promise<LookupBaseline> {
  const names = channels.map((c) => c.name);
  const pairs: LookupPair[] = [];
  for (const source of cases) {
    const { inputs, target, scored } = await loadCase(source, names, signal);
    const inside = thinned(indicesOf(scored), Math.ceil(LOOKUP_VOXELS / cases.length));
    pairs.push({
      input: pick((await normalisedInput(inputs, channels, signal)).values(), inside),
      target: pick(target.values(), inside),
      mask: new Uint8Array(inside.length).fill(1),
    });
  }
  return LookupBaseline.fit(pairs);
}

/** The first input in the model's range, on its own grid. */
async function normalisedInput(
  inputs: Readonly<Record<string, Volume>>,
  channels: Plan["inputs"],
  signal: AbortSignal | undefined,
): Promise<Volume> {
  const { name, normalizer } = channels[0]!;
  return normalizer.withoutBiasField().apply(await normalizer.correct(inputs[name]!, { signal }));
}

function maeWithin(predicted: Float32Array, ct: Volume, mask: Volume): number {
  const reference = ct.values();
  const inside = indicesOf(mask);
  let sum = 0;
  for (const i of inside) sum += Math.abs(predicted[i]! - reference[i]!);
  return sum / inside.length;
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
  return Float32Array.from(indices, (i) => values[i]!);
}
