import type { Volume } from "../../src/imaging/volume/index.ts";
import type { Batch } from "../../src/networks/models/index.ts";
import type { Place, PlacedBatch, Sampler } from "../../src/road/preparation/index.ts";

/** Samples of volumes on one grid, which are the channels; `outside` is what lies beyond all of them. */
export function cut(
  sampler: Sampler,
  volumes: readonly Volume[],
  places: readonly Place[],
  outside = 0,
): Batch {
  return sampler.cut(
    volumes.map((volume) => ({ volume, outside })),
    places,
    { grid: volumes[0]! },
  );
}

/**
 * All samples of volumes in batches of three, each value changed by a "network".
 *
 * @param network gets a value and the number of its pixel in the sample
 */
export function samplesOf(
  sampler: Sampler,
  volumes: readonly Volume[],
  outside = 0,
  network = (v: number, _pixel: number) => v,
): PlacedBatch[] {
  const places = sampler.grid(volumes[0]!.shape);
  return Array.from({ length: Math.ceil(places.length / 3) }, (_, n) => {
    const some = places.slice(3 * n, 3 * n + 3);
    const batch = cut(sampler, volumes, some, outside);
    const channels = batch.shape.at(-1)!;
    const pixels = batch.shape.slice(1, -1).reduce((a, b) => a * b, 1);
    const data = batch.data.map((v, i) => network(v, Math.floor(i / channels) % pixels));
    return { batch: { ...batch, data }, places: some };
  });
}

/** Puts samples back, filled with the same value in all channels. */
export function assemble(
  sampler: Sampler,
  samples: readonly PlacedBatch[],
  like: Volume,
  fill = 0,
): readonly Volume[] {
  const channels = samples[0]!.batch.shape.at(-1)!;
  const assembler = sampler.assembler(like, { channels, fill: new Array<number>(channels).fill(fill) });
  for (const sample of samples) assembler.add(sample);
  return assembler.volumes();
}
