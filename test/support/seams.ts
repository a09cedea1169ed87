import type { Volume } from "../../src/imaging/volume/index.ts";
import type { Sampler } from "../../src/road/preparation/index.ts";

/**
 * How visible the borders of samples are: along each pixel axis of the sampler the mean absolute difference of voxels across planes where a sample begins or ends, divided by
 * that across all other planes. 1 where there are no seams, as long as the image itself is alike everywhere; NaN along an axis without borders.
 */
export function seamRatios(volume: Volume, sampler: Sampler): Partial<Record<"x" | "y" | "z", number>> {
  const { shape } = volume;
  const size = sampler.size(shape);
  const places = sampler.grid(shape);
  const values = volume.values();
  const stride = [1, shape[0], shape[0] * shape[1]];
  return Object.fromEntries(
    sampler.axes.map((axis, d) => {
      const along = ["x", "y", "z"].indexOf(axis);
      const starts = places.map((place) => place[3 - sampler.dims + d]!);
      const borders = new Set(starts.flatMap((start) => [start, start + size[d]!]));
      const [at, elsewhere] = [new Mean(), new Mean()];
      for (let i = 0; i < values.length; i++) {
        const n = Math.floor(i / stride[along]!) % shape[along]!;
        if (n > 0) (borders.has(n) ? at : elsewhere).add(Math.abs(values[i]! - values[i - stride[along]!]!));
      }
      return [axis, at.value / elsewhere.value];
    }),
  );
}

class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}
