import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { Volume, VolumeData } from "../volume/index.ts";
import { type VoxelType, voxelTypeOf } from "./voxels.ts";

type Real = Exclude<VoxelType, "int64" | "uint64">;

const ARRAYS: Readonly<Record<Real, new (length: number) => VolumeData>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Smallest and largest number of each kind of integer; the order is that in which they are tried. */
const RANGES: readonly (readonly [Real, number, number])[] = [
  ["int16", -32768, 32767],
  ["uint16", 0, 65535],
  ["int32", -(2 ** 31), 2 ** 31 - 1],
  ["uint32", 0, 2 ** 32 - 1],
];

/**
 * A volume's numbers for a format that has no fields for scaling, or not all kinds of voxel: the stored ones where they can stay as
 * they are. Scaled, they become 16- or 32-bit integers where all are whole (HU stored as uint16 above -1024), else float32
 * (rounded to 6e-8 of each value), or float64 where their stored kind has more digits than float32. Unscaled, they are kept exactly.
 *
 * @param types the kinds that the format has
 * @throws MidashError `unsupported` when none of them holds the values; `aborted`
 */
export function plainData(
  volume: Volume,
  {
    types,
    where,
    signal,
  }: { readonly types: readonly Real[]; readonly where: string; readonly signal?: AbortSignal },
): VolumeData {
  throwIfAborted(signal);
  const { data, scaling } = volume;
  const { slope, intercept } = scaling;
  const stored = voxelTypeOf(data) as Real;
  const scaled = slope !== 1 || intercept !== 0;
  if (!scaled && types.includes(stored)) return data;
  const facts = factsOf(data, slope, intercept);
  const integer = RANGES.find(
    ([type, low, high]) => types.includes(type) && facts.whole && facts.min >= low && facts.max <= high,
  );
  const rounded = scaled && data.BYTES_PER_ELEMENT * (stored.startsWith("float") ? 1 : 2) <= 4;
  const type = integer?.[0] ?? (rounded || facts.single ? "float32" : "float64");
  if (!types.includes(type))
    throw new MidashError(
      "unsupported",
      `its ${stored} voxels have values that no type of this format holds`,
      {
        where,
        hint: "convert it to float32 first, or choose another format",
      },
    );
  throwIfAborted(signal);
  const out = new ARRAYS[type](data.length);
  for (let i = 0; i < out.length; i++) out[i] = scaled ? slope * data[i]! + intercept : data[i]!;
  return out;
}

/** Range of the scaled values, whether all are whole (-0 is not, nor NaN), and whether float32 holds all of them exactly. */
function factsOf(data: VolumeData, slope: number, intercept: number) {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [whole, single] = [true, true];
  for (let i = 0; i < data.length; i++) {
    const v = slope * data[i]! + intercept;
    if (v < min) min = v;
    if (v > max) max = v;
    if (whole && (!Number.isInteger(v) || Object.is(v, -0))) whole = false;
    if (single && Math.fround(v) !== v && !Number.isNaN(v)) single = false;
  }
  return { min, max, whole, single };
}
