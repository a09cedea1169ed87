import { quantileOfSorted } from "../../imaging/volume/index.ts";
import type { ComparedPair } from "./compared-pair.ts";
import type { RayBundle } from "./rays.ts";
import { readSlice } from "./work.ts";

/** Sums over the rays of one angle, and each ray's |difference|. */
export class Tally {
  differences = new Float64Array(1024);
  count = 0;
  absolute = 0;
  signed = 0;
  path = 0;

  add(difference: number, path: number): void {
    if (this.count === this.differences.length) {
      const longer = new Float64Array(2 * this.count);
      longer.set(this.differences);
      this.differences = longer;
    }
    this.differences[this.count++] = Math.abs(difference);
    this.absolute += Math.abs(difference);
    this.signed += difference;
    this.path += path;
  }
}

/** One axial slice: electron densities, 0 outside the mask, so that vacuum needs no question. */
export class RedSlice {
  readonly #pair: ComparedPair;
  readonly #red: (hu: number) => number;
  readonly #difference: Float64Array;
  readonly #reference: Float64Array;
  readonly #inside: Uint8Array;

  constructor(pair: ComparedPair, red: (hu: number) => number) {
    const plane = pair.reference.shape[0] * pair.reference.shape[1];
    this.#pair = pair;
    this.#red = red;
    this.#difference = new Float64Array(plane);
    this.#reference = new Float64Array(plane);
    this.#inside = new Uint8Array(plane);
  }

  read(k: number): void {
    const { prediction, reference, inside } = this.#pair;
    const plane = this.#inside.length;
    this.#inside.set(inside!.subarray(k * plane, (k + 1) * plane));
    readSlice(prediction, k, this.#difference);
    readSlice(reference, k, this.#reference);
    for (let p = 0; p < plane; p++) {
      const counts = this.#inside[p] === 1;
      const ct = counts ? this.#red(this.#reference[p]!) : 0;
      this.#difference[p] = counts ? this.#red(this.#difference[p]!) - ct : 0;
      this.#reference[p] = ct;
    }
  }

  pass({ start, pixel, length }: RayBundle, tally: Tally): void {
    const [difference, reference, inside] = [this.#difference, this.#reference, this.#inside];
    for (let r = 0; r + 1 < start.length; r++) {
      let [sum, path, met] = [0, 0, 0];
      for (let c = start[r]!, end = start[r + 1]!; c < end; c++) {
        const p = pixel[c]!;
        const mm = length[c]!;
        sum += mm * difference[p]!;
        path += mm * reference[p]!;
        met |= inside[p]!;
      }
      if (met) tally.add(sum, path);
    }
  }
}

/** Sums over all angles, and the 95th percentile of all |differences|. */
export function together(tallies: readonly Tally[]) {
  const sum = (key: "count" | "absolute" | "signed" | "path") =>
    tallies.reduce((total, tally) => total + tally[key], 0);
  const rays = sum("count");
  const all = new Float64Array(rays);
  let at = 0;
  for (const { differences, count } of tallies) {
    all.set(differences.subarray(0, count), at);
    at += count;
  }
  const p95 = rays > 0 ? quantileOfSorted(all.sort(), 0.95) : Number.NaN;
  return { rays, absolute: sum("absolute"), signed: sum("signed"), path: sum("path"), p95 };
}
