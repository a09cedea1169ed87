import type { Batch, TrainBatch } from "../../../networks/models/index.ts";
import type { Sample } from "../augmentations/sample.ts";

/** Samples of one size as one batch. */
export function stackSamples(samples: readonly Sample[]): TrainBatch {
  const names = Object.keys(samples[0]!.targets);
  return {
    input: stack(samples.map(({ input }) => input)),
    targets: Object.fromEntries(
      names.map((name) => [name, stack(samples.map(({ targets }) => targets[name]!))]),
    ),
  };
}

function stack(batches: readonly Batch[]): Batch {
  const first = batches[0]!;
  const masks = batches.flatMap(({ mask }) => mask ?? []);
  const inputs = batches.find(({ present }) => present)?.present?.length;
  return {
    data: joined(batches.map(({ data }) => data)),
    shape: [batches.length, ...first.shape.slice(1)],
    ...(masks.length === batches.length ? { mask: joined(masks) } : {}),
    ...(inputs === undefined ? {} : { present: allPresent(batches, inputs) }),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

/** Without a word on it, a sample has all inputs. */
function allPresent(batches: readonly Batch[], inputs: number): Uint8Array {
  const out = new Uint8Array(batches.length * inputs).fill(1);
  for (const [n, { present }] of batches.entries()) if (present) out.set(present, n * inputs);
  return out;
}
