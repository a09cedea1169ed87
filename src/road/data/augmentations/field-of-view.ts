import { product } from "../../../base/bytes/index.ts";
import type { Random } from "../../../base/random/index.ts";
import type { Batch } from "../../../networks/models/index.ts";
import { mapValues } from "../../preparation/index.ts";
import type { Augmentation } from "./augmentation.ts";
import type { Sample } from "./sample.ts";
import { type Bounds, boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.fieldOfView`. */
export interface FieldOfViewOptions {
  /** How often each input is cut. Default 0.15. */
  readonly share?: number;
  /** How much of the sample's length along one axis is lost, at one end. Default [0, 0.3]. */
  readonly cut?: RandomRange;
}

/**
 * A field of view that ends within the sample: each input keeps its background beyond a plane across one axis. Targets stay, but what no input shows has no weight:
 * nobody can know it.
 */
export function fieldOfView(options: FieldOfViewOptions = {}): Augmentation {
  const where = { call: "augmentations.fieldOfView" };
  const share = checkShare(options.share ?? 0.15, where);
  const cut = boundsOf(options.cut ?? 0.3, "cut", where, { min: 0, max: 1 });
  return {
    name: "fieldOfView",
    about: "cuts inputs off at one side",
    toJSON: () => ({ name: "fieldOfView", share, cut }),
    apply(sample, random) {
      const { input, inputs } = sample;
      const present = (n: number) => input.present?.[n] !== 0;
      const lost = inputs.map((_, n) =>
        random.next() < share && present(n) ? lostSlab(sample, random, cut) : undefined,
      );
      if (lost.every((slab) => slab === undefined)) return sample;
      const channels = input.shape.at(-1)!;
      const each = channels / inputs.length;
      const data = input.data.slice();
      const pixels = data.length / channels;
      const seen = new Uint8Array(pixels);
      for (const [n, { outside }] of inputs.entries()) {
        if (!present(n)) continue;
        const slab = lost[n];
        for (let v = 0; v < pixels; v++)
          if (!slab || !isIn(slab, v)) seen[v] = 1;
          else data.fill(outside, v * channels + n * each, v * channels + (n + 1) * each);
      }
      const unseen = !seen.includes(0) ? <B extends Batch>(batch: B) => batch : withoutWeight(seen);
      return { ...sample, input: unseen({ ...input, data }), targets: mapValues(sample.targets, unseen) };
    },
  };
}

/** Voxels from `from` to before `to` along an axis, whose steps in memory are `step`. */
interface Slab {
  readonly step: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

function lostSlab({ input }: Sample, random: Random, cut: Bounds): Slab {
  const pixels = input.shape.slice(1, -1);
  const axis = random.integer(pixels.length);
  const length = pixels[axis]!;
  const gone = Math.round(drawn(random, cut) * length);
  const [from, to] = random.next() < 0.5 ? [0, gone] : [length - gone, length];
  return { step: product(pixels.slice(axis + 1)), length, from, to };
}

function isIn({ step, length, from, to }: Slab, voxel: number): boolean {
  const place = Math.floor(voxel / step) % length;
  return place >= from && place < to;
}

/** Takes the weight of unseen voxels from images of the same size: a target of another subject may have its own. */
function withoutWeight(seen: Uint8Array): <B extends Batch>(batch: B) => B {
  const done = new Map<Float32Array, Float32Array>();
  return (batch) => {
    if (product(batch.shape.slice(1, -1)) !== seen.length) return batch;
    const before = batch.mask ?? new Float32Array(seen.length).fill(1);
    const mask = done.get(before) ?? before.map((weight, v) => (seen[v] ? weight : 0));
    done.set(before, mask);
    return { ...batch, mask };
  };
}
