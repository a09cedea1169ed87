import { boxSigma, reslice } from "../../../imaging/artefacts/index.ts";
import { smoothInPlace, type Triple } from "../../../imaging/volume/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeInputs } from "./change-inputs.ts";
import { boundsOf, checkShare, drawn } from "./settings.ts";

/** Options of `augmentations.anisotropy`. */
export interface AnisotropyOptions {
  /** How often each input is changed. Default 0.25, as nnU-Net lowers the resolution. */
  readonly share?: number;
  /** Of slices, mm. Default [2, 5], as slices of clinical MR are; what is thinner than voxels changes nothing. */
  readonly thickness?: readonly [low: number, high: number];
}

/** Thick slices across one of the sample's axes: averaged over their thickness, then interpolated between. TorchIO's takes single voxels instead of averages. */
export function anisotropy(options: AnisotropyOptions = {}): Augmentation {
  const where = { call: "augmentations.anisotropy" };
  const share = checkShare(options.share ?? 0.25, where);
  const thickness = boundsOf(options.thickness ?? [2, 5], "thickness", where, { above: 0, pair: true });
  return {
    name: "anisotropy",
    about: "makes inputs of thick slices across one axis",
    toJSON: () => ({ name: "anisotropy", share, thickness }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, shape, spacing }) => {
        const axis = random.integer(sample.axes.length);
        const voxels = drawn(random, thickness) / spacing[axis]!;
        const start = random.next();
        if (voxels <= 1) return;
        const sigma = [0, 1, 2].map((d) => (d === axis ? boxSigma(voxels) : 0)) as unknown as Triple;
        for (const plane of channels) {
          smoothInPlace(plane, shape, sigma);
          reslice(plane, shape, axis, voxels, start);
        }
      }),
  };
}
