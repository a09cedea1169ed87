import { assert } from "../../base/errors/index.ts";
import { maskBytes, orientationOf, reorient, Volume } from "../../imaging/volume/index.ts";
import type { Case, VolumeRef } from "./case.ts";
import { Dataset } from "./dataset.ts";

/** Options of {@link slabDataset}. */
export interface SlabOptions {
  /** Slices in a slab, along the superior axis. Default 6. */
  readonly size?: number;
  /** Every n-th slab is held out for the test. Default 5. */
  readonly every?: number;
  readonly name?: string;
}

/**
 * One pair split into training, validation and test by slabs of axial slices: of every `every` slabs the last is
 * tested, and of every second such group the middle one validates. Neighbouring slices look alike, so whole slabs are
 * held out; even so this measures how one object is learnt, not how a model generalises to another.
 *
 * The parts differ only in their masks; the volumes stay whole.
 */
export async function slabDataset(source: Case, options: SlabOptions = {}): Promise<Dataset> {
  const { size = 6, every = 5, name = source.id } = options;
  assert(Number.isInteger(size) && size > 0, `slab size must be a positive integer, got ${size}`, {
    where: name,
  });
  assert(Number.isInteger(every) && every > 2, `every must be an integer above 2, got ${every}`, {
    where: name,
  });
  const first = Object.values(source.inputs)[0];
  assert(first, `case "${source.id}" has no input`, { where: name });
  const slices = reorient(await first.load(), "RAS").shape[2];
  const count = Math.ceil(slices / size);
  assert(
    count >= every,
    `${slices} slices make ${count} slab(s) of ${size}; every ${every}th would hold out none`,
    { where: name, hint: [["choose smaller ", { option: "slab" }]] },
  );
  const role = (k: number) => {
    const slab = Math.floor(k / size);
    if (slab % every === every - 1) return "test";
    return slab % (2 * every) === Math.floor(every / 2) ? "validation" : "train";
  };
  const { files: _, ...whole } = source; // its slabs are not read from these alone
  const part = (wanted: string): Case[] => [
    {
      ...whole,
      id: `${source.id}/${wanted}`,
      patient: source.id,
      mask: sliceMask(source, first, (k) => role(k) === wanted),
    },
  ];
  return new Dataset({ train: part("train"), validation: part("validation"), test: part("test") }, { name });
}

/** The case's mask (or all voxels), in the chosen axial slices only. */
function sliceMask(source: Case, like: VolumeRef, keep: (k: number) => boolean): VolumeRef {
  return {
    async load(signal) {
      const mask = await (source.mask ?? like).load(signal);
      const ras = reorient(mask, "RAS");
      const inside = source.mask && maskBytes(ras);
      const data = new Uint8Array(ras.size);
      const plane = ras.shape[0] * ras.shape[1];
      for (let i = 0; i < data.length; i++)
        data[i] = keep(Math.floor(i / plane)) && (!inside || inside[i]) ? 1 : 0;
      const chosen = new Volume({ shape: ras.shape, affine: ras.affine, data, simulated: mask.simulated });
      return reorient(chosen, orientationOf(mask.affine));
    },
  };
}
