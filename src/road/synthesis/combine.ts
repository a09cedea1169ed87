import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Output, Outputs } from "../preparation/index.ts";
import { Moments } from "./moments.ts";
import type { PredictHow, Prediction } from "./predictor.ts";

/** One of the predictions that are averaged. */
export type Member = (how: PredictHow) => Promise<Prediction>;

/**
 * Asks the members one after the other. A CT is their mean and gets a spread; probabilities are averaged; of scales the variances are.
 *
 * @throws MidashError `invalid-argument` when the members give different outputs
 */
export async function averaged(members: readonly Member[], how: PredictHow): Promise<Prediction> {
  const { signal, onProgress } = how;
  const sums = new Map<string, OutputSum>();
  let last: Prediction | undefined;
  let resampled = false;
  for (const [n, member] of members.entries()) {
    throwIfAborted(signal);
    const prediction = await member({
      ...how,
      early: undefined,
      onProgress: ({ done, total }) =>
        onProgress?.({ done: n * total + done, total: members.length * total }),
    });
    for (const [name, output] of Object.entries(prediction.outputs)) {
      const sum = sums.get(name) ?? new OutputSum(output);
      sums.set(name, sum);
      sum.add(name, output, prediction.spread[name]);
    }
    if (Object.keys(prediction.outputs).length !== sums.size) throw differing([...sums.keys()].join(", "));
    resampled ||= prediction.resampled;
    last = prediction;
  }
  const outputs: Record<string, Output> = {};
  const spread: Record<string, Volume> = {};
  for (const [name, sum] of sums) {
    outputs[name] = sum.mean();
    if (sum.kind === "ct") spread[name] = sum.spread();
  }
  return { ...last!, outputs, spread, resampled };
}

/** The mean of one output, as it grows. */
class OutputSum {
  readonly #first: Output;
  readonly #moments: readonly Moments[];

  constructor(first: Output) {
    this.#first = first;
    this.#moments = volumesOf(first).map(() => new Moments());
  }

  get kind(): Output["kind"] {
    return this.#first.kind;
  }

  add(name: string, output: Output, spread: Volume | undefined): void {
    const volumes = volumesOf(output);
    if (output.kind !== this.kind || volumes.length !== this.#moments.length) throw differing(name);
    for (const [n, volume] of volumes.entries())
      this.#moments[n]!.add(this.kind === "scale" ? mapped(volume, (v) => v * v) : volume, spread);
  }

  mean(): Output {
    const means = this.#moments.map((moments) => moments.mean());
    const first = this.#first;
    if (first.kind === "labels") return { ...first, probabilities: means };
    return { ...first, volume: first.kind === "scale" ? mapped(means[0]!, Math.sqrt) : means[0]! };
  }

  spread(): Volume {
    return this.#moments[0]!.spread();
  }
}

/** Each volume of the outputs changed. */
export function mapOutputs(outputs: Outputs, change: (volume: Volume) => Volume): Outputs {
  const entries = Object.entries(outputs).map(([name, output]): [string, Output] => [
    name,
    output.kind === "labels"
      ? { ...output, probabilities: output.probabilities.map(change) }
      : { ...output, volume: change(output.volume) },
  ]);
  return Object.fromEntries(entries);
}

function volumesOf(output: Output): readonly Volume[] {
  return output.kind === "labels" ? output.probabilities : [output.volume];
}

function mapped(volume: Volume, change: (value: number) => number): Volume {
  return volume.with({ data: volume.values().map(change) });
}

function differing(what: string): MidashError {
  return new MidashError("invalid-argument", `the members differ in their outputs (${what})`, {
    where: { call: "ensemble" },
    hint: "combine models that give the same outputs",
  });
}
