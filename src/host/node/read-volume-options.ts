import type { DecodeOptions } from "../../imaging/formats/index.ts";

/** Options of {@link readVolume}: those of `decodeVolume`; name and companions come from the path. */
export interface ReadVolumeOptions extends Omit<DecodeOptions, "name" | "companion" | "owned"> {
  /** Most bytes read from a folder. Default 2^32 (4 GiB): some 8000 CT slices. */
  readonly maxFolderBytes?: number;
}
