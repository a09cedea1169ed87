import type { Volume } from "../../imaging/volume/index.ts";
import type { ImageMarks } from "./image-marks.ts";
import type { StoredCase } from "./shards/stored-case.ts";

/** A volume that is loaded when it is needed, and may be loaded again. */
export interface VolumeRef {
  /** @throws MidashError `aborted`, or what the file's reading throws */
  load(signal?: AbortSignal): Promise<Volume>;
}

/**
 * One patient's (or phantom's) images. Inputs, targets and mask share one grid. A case may have inputs alone or targets alone, for data that is
 * not paired.
 */
export interface Case {
  readonly id: string;
  /** Inputs by name, in channel order: `{ mr }`, or `{ t1, t2 }`. Those that a model can do without may be absent. */
  readonly inputs: Readonly<Record<string, VolumeRef>>;
  /** What is to be learnt: `ct` in HU; others are label volumes, one whole number from 0 up a voxel. */
  readonly targets?: Readonly<Record<string, VolumeRef>>;
  /**
   * Voxels that may be learnt from and scored (0 elsewhere): a field of view, a body mask with margin, the slices of a
   * slab. Scores use it together with the body of the CT. Default: everywhere.
   */
  readonly mask?: VolumeRef;
  /** Cases of one patient never land in different parts of a split. Default: the case's id. */
  readonly patient?: string;
  /** Where it was imaged: parts of a split get their share of each centre. Default: unknown. */
  readonly centre?: string;
  /** Files and folders that its images are read from, by their names, by which a change of them is seen; a mask's may be NAME@FILE. Default: none are known. */
  readonly files?: Readonly<Record<string, string>>;
  /**
   * Another draw of the case, for data that is made at random: training asks for a new one in each pass. The same key gives the same images.
   * Default: the images are what they are.
   */
  variant?(key: string): Case;
  /**
   * What its images are known again by, when a run is resumed. Default: they can't change.
   *
   * @param known what it gave when the run began, so that what is plainly the same need not be read
   */
  marks?(known?: ImageMarks): Promise<ImageMarks>;
  /** The images as the model sees them, where they were prepared before (`openCache`): then no step is run again. */
  readonly prepared?: StoredCase;
}

/** The case as if it lacked these inputs. */
export function withoutInputs(source: Case, names: readonly string[]): Case {
  const kept = Object.entries(source.inputs).filter(([name]) => !names.includes(name));
  return { ...source, inputs: Object.fromEntries(kept) };
}

/** A ref to a volume that is at hand. */
export function volumeRef(volume: Volume): VolumeRef {
  return { load: async () => volume };
}

/** Whose case it is. */
export function patientOf({ patient, id }: Case): string {
  return patient ?? id;
}
