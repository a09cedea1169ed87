import { allocate } from "../gzip.ts";
import { brief, fieldError, type HeaderField } from "../text-header.ts";
import type { NrrdHeader } from "./header.ts";

/** Which axes of the array are those of the volume, and which tell frames apart. */
export interface NrrdAxes {
  /** 1 to 3 axes, in the order of the array. */
  readonly space: readonly number[];
  /** The others; those of one voxel too. */
  readonly frames: readonly number[];
}

/** Kinds of axis whose entries are volumes of their own. */
const FRAME_KINDS = /^(list|time|domain|space|point|stub|scalar|none|\?\?\?)$/i;

/**
 * Axes with a direction in space are the volume's. Without directions they are those whose kind is domain or space, and without kinds
 * the first three.
 *
 * @param directions an entry an axis: what "space directions" says, `undefined` for "none"; `undefined` without that field
 * @throws MidashError `unsupported` for axes of colours, vectors and the like, and for more than three axes in space
 */
export function axesOf(
  { fields }: NrrdHeader,
  sizes: readonly number[],
  directions: readonly (readonly number[] | undefined)[] | undefined,
  where: string,
): NrrdAxes {
  const field = fields.get("kinds");
  const kinds = field && kindsOf(field, sizes.length, where);
  const isSpace = (axis: number) => {
    if (directions) return directions[axis] !== undefined;
    if (kinds) return /^(domain|space)$/i.test(kinds[axis]!);
    return axis < 3;
  };
  const all = sizes.map((_, axis) => axis);
  const inSpace = all.filter(isSpace);
  // Without directions more axes than three may be "domain": the later ones count frames.
  const space = directions ? inSpace : inSpace.slice(0, 3);
  const frames = all.filter((axis) => !space.includes(axis));
  const odd = frames.find((axis) => kinds && sizes[axis]! > 1 && !FRAME_KINDS.test(kinds[axis]!));
  if (odd !== undefined)
    throw fieldError(
      field!,
      `axis ${odd} holds ${sizes[odd]} numbers a voxel (${brief(kinds![odd]!)}), a Volume has one`,
      where,
      "unsupported",
    );
  if (space.length < 1 || space.length > 3)
    throw fieldError(
      fields.get("space directions") ?? field ?? fields.get("dimension")!,
      `${space.length} axes in space, a Volume has three`,
      where,
      "unsupported",
    );
  return { space, frames };
}

function kindsOf(field: HeaderField, count: number, where: string): string[] {
  const kinds = field.text.split(/\s+/).filter((kind) => kind !== "");
  if (kinds.length === count) return kinds;
  throw fieldError(field, `${kinds.length} kinds, there must be ${count}`, where);
}

/** Whether all frames lie one behind the other: no axis of frames before one of space. */
export function isContiguous({ space, frames }: NrrdAxes, sizes: readonly number[]): boolean {
  const last = space.at(-1)!;
  return frames.every((axis) => axis > last || sizes[axis] === 1);
}

/**
 * Voxels of one frame out of an array in which frames and space are interleaved.
 *
 * @param bytes the whole array, from byte `base`; voxels of `size` bytes
 */
export function gatherFrame(
  bytes: Uint8Array,
  {
    base,
    size,
    sizes,
    axes,
    frame,
    where,
  }: {
    readonly base: number;
    readonly size: number;
    readonly sizes: readonly number[];
    readonly axes: NrrdAxes;
    readonly frame: number;
    readonly where: string;
  },
): Uint8Array {
  const steps: number[] = [];
  sizes.reduce((step, n) => {
    steps.push(step);
    return step * n;
  }, 1);
  let first = 0;
  let rest = frame;
  for (const axis of axes.frames) {
    first += (rest % sizes[axis]!) * steps[axis]!;
    rest = Math.floor(rest / sizes[axis]!);
  }
  const [nx = 1, ny = 1, nz = 1] = axes.space.map((axis) => sizes[axis]!);
  const [sx = 0, sy = 0, sz = 0] = axes.space.map((axis) => steps[axis]!);
  const out = allocate(nx * ny * nz * size, where);
  let to = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let from = base + size * (first + j * sy + k * sz);
      for (let i = 0; i < nx; i++, from += size * sx)
        for (let b = 0; b < size; b++) out[to++] = bytes[from + b]!;
    }
  return out;
}
