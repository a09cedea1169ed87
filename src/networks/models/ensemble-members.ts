import type { TensorSession } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import type { Batch } from "./batch.ts";
import type { CreateOptions, Model, ModelSpec } from "./model.ts";
import type { OutputSpec } from "./output.ts";

/** Networks that are averaged. */
export interface Averaged {
  readonly members: number;
  /** The recipe of each. */
  readonly member: ModelSpec;
  /** The member's, and the spread of their CT. */
  readonly outputs: readonly OutputSpec[];
  /** Of each output. */
  readonly channels: readonly number[];
}

/** The members in one session, asked one after the other. */
export async function openMembers(
  { members, member, outputs, channels }: Averaged,
  session: TensorSession,
  { weights, ...options }: CreateOptions,
): Promise<Model> {
  const models: Model[] = [];
  const dispose = () => {
    for (const model of models) model.dispose();
  };
  try {
    for (let n = 0; n < members; n++)
      models.push(await member.create(session, { ...options, weights: weights && weightsOf(weights, n) }));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    async predict(batch, how) {
      const made: Batch[] = [];
      for (const model of models) made.push(await model.predict(batch, how));
      const kinds = outputs.flatMap(({ kind }, n) => Array<OutputSpec["kind"]>(channels[n]!).fill(kind));
      return averageOf(made, kinds);
    },
    async weights() {
      const all: NamedArrays[] = [];
      for (const model of models) all.push(await model.weights());
      return Object.assign({}, ...all.map(named));
    },
    dispose,
  };
}

/** Weights of network `n` by their names among those of all. */
function named(weights: NamedArrays, n: number): NamedArrays {
  return Object.fromEntries(Object.entries(weights).map(([name, array]) => [`${n}/${name}`, array]));
}

/** The weights of network `n`. */
export function weightsOf(weights: NamedArrays, n: number): NamedArrays {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${n}/`));
  return Object.fromEntries(own.map(([name, array]) => [name.slice(name.indexOf("/") + 1), array]));
}

/** Means over the members, of scales the root of the mean square; the last channel is the spread of the CT, of the population. @param kinds of each channel */
function averageOf(made: readonly Batch[], kinds: readonly OutputSpec["kind"][]): Batch {
  const channels = kinds.length;
  const own = channels - 1;
  const ct = kinds.indexOf("ct");
  const { shape } = made[0]!;
  const pixels = made[0]!.data.length / own;
  const data = new Float32Array(pixels * channels);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < own; c++) {
      const scale = kinds[c] === "scale";
      let sum = 0;
      for (const { data: values } of made) sum += scale ? values[p * own + c]! ** 2 : values[p * own + c]!;
      data[p * channels + c] = scale ? Math.sqrt(sum / made.length) : sum / made.length;
    }
    let squares = 0;
    for (const { data: values } of made) squares += (values[p * own + ct]! - data[p * channels + ct]!) ** 2;
    data[p * channels + own] = Math.sqrt(squares / made.length);
  }
  return { data, shape: [...shape.slice(0, -1), channels] };
}
