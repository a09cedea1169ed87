import { breathe, fail } from "../../../base/errors/index.ts";
import {
  type Affine,
  type Grid,
  invertAffine,
  multiplyAffines,
  resample,
  type Triple,
  Volume,
} from "../../volume/index.ts";
import type { Limits } from "../format.ts";
import { checkVoxels } from "../guards.ts";
import { isCompressed } from "./compressed.ts";
import type { Elements } from "./elements.ts";
import type { DicomFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { framesOf } from "./frames.ts";
import { straightAffine } from "./layout.ts";
import type { PixelFormat } from "./pixel-format.ts";
import { checkPixels, decodeFrame } from "./pixels.ts";
import type { StructureVoxels } from "./structure-set.ts";
import { TAGS } from "./tags.ts";
import { cross, dot, subtract } from "./vectors.ts";

/** A segment of a SEG file. */
export interface Segment {
  readonly number: number;
  readonly name: string;
}

const BIG_ENDIAN = "1.2.840.10008.1.2.2";
/** cos 0.8°: cosines come rounded to a few digits. */
const PARALLEL = 0.9999;

/** The segments of the file, in its order. @throws MidashError `invalid-file` */
export function segmentsOf({ elements, where }: DicomFile): readonly Segment[] {
  return elements.items("SegmentSequence").map((item) => {
    const number = item.us("SegmentNumber");
    if (number === undefined)
      return fail("invalid-file", "a segment without a number", { where, hint: "get the file again" });
    return { number, name: item.label("SegmentLabel", elements) ?? "" };
  });
}

/**
 * A segment's voxels on a grid. Slices without a frame are empty. On another grid than the segment's own they are the nearest, which the
 * notes say. Fractions count from a half.
 *
 * @throws MidashError `invalid-file`, `unsupported` (slices at uneven or tilted places), `limit`, `grid-mismatch` (all lie outside the
 *   grid), `missing-package` (compressed), `aborted`
 */
export async function segmentVoxels(
  file: DicomFile,
  segment: Segment,
  grid: Grid,
  options: { readonly limits?: Limits; readonly signal?: AbortSignal },
): Promise<StructureVoxels> {
  const { elements, where } = file;
  const type = elements.text("SegmentationType") ?? "none";
  const all = framesOf(file);
  const numbers = type === "LABELMAP" ? undefined : segmentNumbers(elements, all.length);
  const frames = all.filter((_, n) => numbers === undefined || numbers[n] === segment.number);
  const empty = () =>
    fail("unsupported", `segment "${segment.name}" is empty`, { where, hint: "choose another segment" });
  if (frames.length === 0) return empty();
  const lattice = latticeOf(all, frames, where);
  const [nx, ny] = frames[0]!.size;
  checkVoxels(nx * ny * lattice.depth, options.limits, where);
  const planeOf = planeReader(file, all, type, segment);
  let data: Uint8Array | undefined;
  for (const [n, frame] of frames.entries()) {
    if (n % 8 === 0) await breathe(options.signal);
    const plane = await planeOf(frame);
    data ??= new Uint8Array(nx * ny * lattice.depth); // now that the first frame is what its header says
    const at = lattice.slices[n]! * nx * ny;
    for (let p = 0; p < plane.length; p++) if (plane[p] === 1) data[at + p] = 1;
  }
  if (!data!.includes(1)) return empty();
  const own = new Volume({ shape: [nx, ny, lattice.depth], affine: lattice.affine, data: data! });
  const placed = resample(own, { like: grid, interpolation: "nearest", signal: options.signal });
  if (!placed.data.includes(1))
    return fail("grid-mismatch", `segment "${segment.name}" lies outside the image`, {
      where,
      hint: "give the image that it was drawn on",
    });
  return {
    data: placed.data as Uint8Array, // nearest keeps the stored type
    notes: [
      ...(onVoxels(own.affine, grid.affine)
        ? []
        : ["the segment is on another grid than the image: each voxel took the nearest"]),
      ...(type === "FRACTIONAL" ? ["fractions of at least a half count"] : []),
    ],
  };
}

/** Which segment each frame is of. */
function segmentNumbers(elements: Elements, count: number): readonly (number | undefined)[] {
  const numberOf = (group: Elements | undefined) =>
    group?.item("SegmentIdentificationSequence")?.us("ReferencedSegmentNumber");
  const shared = numberOf(elements.item("SharedFunctionalGroupsSequence"));
  const each = elements.items("PerFrameFunctionalGroupsSequence");
  return Array.from({ length: count }, (_, n) => numberOf(each[n]) ?? shared);
}

/** Where the frames of a segment lie: slices of an even stack, of which some may be absent. */
interface Lattice {
  readonly affine: Affine;
  readonly depth: number;
  /** Of each frame. */
  readonly slices: readonly number[];
}

/** The distance of slices comes from the frames of all segments, and from what the header says where these are few. */
function latticeOf(all: readonly Frame[], frames: readonly Frame[], where: string): Lattice {
  const first = frames[0]!;
  const normal = cross(first.row, first.column);
  if (all.some(({ row, column }) => dot(row, first.row) < PARALLEL || dot(column, first.column) < PARALLEL))
    fail("unsupported", "segments of several directions", { where, hint: "export them one by one" });
  const heightOf = ({ position }: Frame) => dot(normal, subtract(position, first.position));
  const step = stepOf(all.map(heightOf), first);
  const heights = frames.map(heightOf);
  const lowest = frames[heights.indexOf(heights.reduce((a, b) => Math.min(a, b)))]!;
  const slices = frames.map((frame) => {
    const offset = subtract(frame.position, lowest.position);
    const slice = Math.round(dot(normal, offset) / step);
    const stray = Math.abs(dot(normal, offset) - slice * step);
    const drift = Math.hypot(
      dot(offset, first.row) / first.spacing[0],
      dot(offset, first.column) / first.spacing[1],
    );
    if (stray > Math.max(0.05, 0.1 * step) || drift > 0.5)
      fail("unsupported", `frame ${frame.index} does not lie on a straight, even grid with the others`, {
        where,
        hint: "resample the segmentation first",
      });
    return slice;
  });
  return {
    affine: straightAffine({ frames: [first], heights: [], normal, label: "" }, step, lowest.position),
    depth: slices.reduce((a, b) => Math.max(a, b)) + 1,
    slices,
  };
}

/** In mm. Of the spacing that the header says, if the smallest gap is a multiple of it, else the gap. */
function stepOf(heights: readonly number[], frame: Frame): number {
  const sorted = [...heights].sort((a, b) => a - b);
  const gap = sorted.slice(1).reduce((least, height, n) => {
    const here = height - sorted[n]!;
    return here > 0.01 ? Math.min(least, here) : least;
  }, Infinity);
  const groups = frame.file.elements.item("SharedFunctionalGroupsSequence");
  const said = groups?.item("PixelMeasuresSequence")?.number("SpacingBetweenSlices") ?? 0;
  if (gap === Infinity) return said > 0.01 ? said : (frame.thickness ?? 1);
  const step = said > 0.01 && Math.abs(gap / said - Math.max(1, Math.round(gap / said))) < 0.05 ? said : gap;
  const length = sorted.at(-1)! - sorted[0]!;
  return length / Math.round(length / step); // rounded positions must not add up
}

/** What gives 1 for each pixel of a frame that is in the segment. */
function planeReader(
  file: DicomFile,
  all: readonly Frame[],
  type: string,
  segment: Segment,
): (frame: Frame) => Promise<Uint8Array> {
  const { elements, where, syntax } = file;
  const bits = elements.us("BitsAllocated") ?? 0;
  if (type === "BINARY" && bits === 1) {
    if (isCompressed(syntax) || syntax === BIG_ENDIAN)
      fail("unsupported", `single bits in the transfer syntax ${syntax}`, {
        where,
        hint: "convert it, e.g. with gdcmconv --raw",
      });
    const bytes = elements.bytes(TAGS.PixelData) ?? new Uint8Array();
    const [nx, ny] = all[0]!.size;
    const needed = Math.ceil((nx * ny * all.length) / 8);
    if (bytes.length < needed)
      fail(
        "invalid-file",
        `truncated: its header promises ${nx}×${ny} bits in ${all.length} frames (${needed} bytes), it holds ${bytes.length} bytes`,
        { where, hint: "get the file again" },
      );
    // Frames follow each other without a gap, the lowest bit of a byte first (PS3.5, 8.1.1).
    return async ({ index }) =>
      Uint8Array.from({ length: nx * ny }, (_, p) => {
        const bit = index * nx * ny + p;
        return (bytes[Math.floor(bit / 8)]! >> (bit % 8)) & 1;
      });
  }
  const known = type === "FRACTIONAL" || type === "BINARY" ? bits === 8 : bits === 8 || bits === 16;
  if (!known || !["BINARY", "FRACTIONAL", "LABELMAP"].includes(type))
    fail("unsupported", `a segmentation of type ${type} with ${bits} bits`, {
      where,
      hint: "BINARY, FRACTIONAL and LABELMAP are read",
    });
  const format: PixelFormat = {
    type: bits === 8 ? "uint8" : "uint16",
    signed: false,
    bitsAllocated: bits,
    bitsStored: bits,
    shift: 0,
    padding: undefined,
  };
  checkPixels(all, format);
  const half = (elements.us("MaximumFractionalValue") ?? 255) / 2;
  const inside =
    type === "LABELMAP"
      ? (v: number) => v === segment.number
      : type === "FRACTIONAL"
        ? (v: number) => v > 0 && v >= half
        : (v: number) => v !== 0;
  return async (frame) => Uint8Array.from(await decodeFrame(frame, format), (v) => (inside(v) ? 1 : 0));
}

/** Whether voxels of one grid lie on voxels of another, which may have other sides, and its axes in another order. */
function onVoxels(own: Affine, grid: Affine): boolean {
  const between = multiplyAffines(invertAffine(own), grid);
  const rows: readonly Triple[] = [0, 4, 8].map((r) => [between[r]!, between[r + 1]!, between[r + 2]!]);
  const turned = rows.every((row) => row.filter((v) => Math.abs(Math.abs(v) - 1) < 0.01).length === 1);
  const straight = rows.flat().every((v) => Math.abs(v - Math.round(v)) < 0.01);
  const shift = [between[3]!, between[7]!, between[11]!];
  return turned && straight && shift.every((v) => Math.abs(v - Math.round(v)) < 0.1);
}
