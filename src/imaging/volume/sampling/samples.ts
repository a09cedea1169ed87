import type { Scaling, Volume, VolumeData } from "../volume.ts";

/** Stored numbers that kernels read as they are: no more types than an engine keeps apart in one loop. */
export type Samples = Float32Array | Int16Array | Uint16Array | Uint8Array;

function isSamples(data: VolumeData): data is Samples {
  return (
    data instanceof Float32Array ||
    data instanceof Int16Array ||
    data instanceof Uint16Array ||
    data instanceof Uint8Array
  );
}

/** What a kernel reads, and the scaling that its result still needs. */
export interface Readable<T extends Samples> {
  readonly samples: T;
  readonly scaling: Scaling;
}

/** A volume's numbers for reading: the stored ones where a kernel can read them, else scaled ones in float32. */
export function samplesOf(volume: Volume): Readable<Samples> {
  return isSamples(volume.data) ? { samples: volume.data, scaling: volume.scaling } : ownFloats(volume);
}

/**
 * A float32 copy to write to. 8- and 16-bit integers fit it exactly and keep their scaling; wider types are scaled first, in
 * double precision, so that a large intercept loses nothing.
 *
 * @param fresh nobody else holds the volume: float32 numbers need no copy
 */
export function ownFloats(volume: Volume, fresh = false): Readable<Float32Array> {
  const { data, scaling } = volume;
  if (fresh && data instanceof Float32Array) return { samples: data, scaling };
  if (isSamples(data) || data instanceof Int8Array) return { samples: new Float32Array(data), scaling };
  return { samples: volume.values(), scaling: { slope: 1, intercept: 0 } }; // a new array for these types
}
