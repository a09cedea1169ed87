import type { Volume } from "../../imaging/volume/index.ts";

/** A volume that is loaded when it is needed, and may be loaded again. */
export interface VolumeRef {
  /** @throws MidashError `aborted`, or what the file's reading throws */
  load(signal?: AbortSignal): Promise<Volume>;
}

/** One patient's (or phantom's) images. Input, target and mask share one grid. */
export interface Case {
  readonly id: string;
  /** Inputs by name, in channel order: `{ mr }`, or `{ t1, t2 }`. */
  readonly inputs: Readonly<Record<string, VolumeRef>>;
  /** The CT in HU. */
  readonly target?: VolumeRef;
  /**
   * Voxels that may be learnt from and scored (0 elsewhere): a field of view, a body mask with margin, the slices of a
   * slab. Scores use it together with the body of the CT. Default: everywhere.
   */
  readonly mask?: VolumeRef;
  /** Cases of one patient never land in different parts of a split. Default: the case's id. */
  readonly patient?: string;
  readonly centre?: string;
}

/** A ref to a volume that is at hand. */
export function volumeRef(volume: Volume): VolumeRef {
  return { load: async () => volume };
}
