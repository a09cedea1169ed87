import { encodeVolume } from "../../src/imaging/formats/index.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../../src/imaging/phantom/index.ts";
import { reorient, type Triple, type Volume } from "../../src/imaging/volume/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Settings } from "../harness/suite.ts";

/** What a row works on. */
export interface VolumesSettings {
  readonly shape: Triple;
  readonly type: "int16" | "float32";
  /** ".nii" or ".nii.gz", of rows that read or write. */
  readonly extension: string;
  /** mm, of rows that resample. */
  readonly spacing: Triple;
  /** Radians about x and z, of rows that resample through a rotated affine. */
  readonly angles: readonly [number, number];
  readonly to: string;
  readonly peerThreads: number;
}

export function volumesSettings(settings: Settings): VolumesSettings {
  return settings as unknown as VolumesSettings;
}

export function inputFile({ shape, type }: VolumesSettings, extension: string): string {
  return `volumes-mr-${shape.join("x")}-${type}${extension}`;
}

/** The MR of a simulated head with its noise, as a scanner would store it (int16, axes to the left, back and top), and unrounded. */
export async function prepareVolumes(
  { shape }: VolumesSettings,
  cache: CacheFolder,
  signal?: AbortSignal,
): Promise<void> {
  let made: Promise<Volume> | undefined;
  for (const type of ["int16", "float32"] as const)
    for (const extension of [".nii", ".nii.gz"])
      await cache.once(inputFile({ shape, type } as VolumesSettings, extension), async () => {
        made ??= simulateMr(shape, signal);
        const mr = await made;
        const data = type === "int16" ? Int16Array.from(mr.data, Math.round) : mr.data;
        return encodeVolume(mr.with({ data }), { format: "nifti", gzip: extension.endsWith(".gz"), signal });
      });
}

async function simulateMr(shape: Triple, signal?: AbortSignal): Promise<Volume> {
  const spacing = shape.map((n) => 256 / n) as unknown as Triple;
  const labels = await parametricHead({ seed: 7, shape, spacing, signal });
  const { inputs } = await simulateFromLabels(labels, headTissueTable(), { seed: 7, signal });
  const mr = inputs.t1!;
  return reorient(mr.with({ data: mr.values() }), "LPS");
}
