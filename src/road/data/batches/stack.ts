import type { Batch, TrainBatch } from "../../../networks/models/index.ts";
import type { Sample } from "../augmentations/sample.ts";

/** Gives room for so many numbers. */
export type Room = (numbers: number) => Float32Array;

/**
 * Samples of one size as one batch. Where an input and its targets have one mask, so has the batch.
 *
 * @param room for all numbers of the batch. Default: new arrays
 */
export function stackSamples(
  samples: readonly Sample[],
  room: Room = (numbers) => new Float32Array(numbers),
): Pick<TrainBatch, "input" | "targets"> {
  const names = Object.keys(samples[0]!.targets);
  const input = samples.map((sample) => sample.input);
  const stacked = stack(input, room);
  const targets = names.map((name) => {
    const own = samples.map((sample) => sample.targets[name]!);
    const alike = own.every(({ mask }, n) => mask === input[n]!.mask);
    return [name, stack(own, room, alike ? stacked.mask : undefined)];
  });
  return { input: stacked, targets: Object.fromEntries(targets) };
}

function stack(batches: readonly Batch[], room: Room, known?: Float32Array): Batch {
  const first = batches[0]!;
  const masks = batches.flatMap(({ mask }) => mask ?? []);
  const inputs = batches.find(({ present }) => present)?.present?.length;
  const data = joined(
    batches.map((batch) => batch.data),
    room,
  );
  return {
    data,
    shape: [batches.length, ...first.shape.slice(1)],
    ...(masks.length === batches.length ? { mask: known ?? joined(masks, room) } : {}),
    ...(inputs === undefined ? {} : { present: allPresent(batches, inputs) }),
  };
}

function joined(parts: readonly Float32Array[], room: Room): Float32Array {
  const out = room(parts.reduce((n, part) => n + part.length, 0));
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
