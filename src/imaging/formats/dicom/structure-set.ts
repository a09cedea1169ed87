import { breathe, fail } from "../../../base/errors/index.ts";
import { applyAffine, type Grid, invertAffine, spacingOf, type Triple } from "../../volume/index.ts";
import { fillPolygons, type Polygon } from "./contours.ts";
import type { Elements } from "./elements.ts";
import type { DicomFile } from "./file.ts";
import { TAGS } from "./tags.ts";

/** A structure of an RTSTRUCT file. */
export interface Roi {
  readonly number: number;
  readonly name: string;
  readonly frameOfReference: string | undefined;
  readonly contours: readonly Elements[];
}

/** Voxels of a structure, and what whoever uses them should know. */
export interface StructureVoxels {
  /** 1 inside, 0 outside, as {@link Grid} says. */
  readonly data: Uint8Array;
  readonly notes: readonly string[];
}

/** Contours no thicker slices than these, in mm, were drawn on: planes further apart leave a gap. */
const THICKEST = 10;
/** A contour may leave its plane by so many voxels from its lowest to its highest point. */
const FLAT = 0.5;
/** Contours whose planes are so near, in voxels, are of one plane. */
const ONE_PLANE = 0.1;

/** The structures of the file, in its order. @throws MidashError `invalid-file` */
export function roisOf({ elements, where }: DicomFile): readonly Roi[] {
  const contours = new Map<number, readonly Elements[]>();
  for (const item of elements.items("ROIContourSequence")) {
    const number = item.number("ReferencedROINumber");
    if (number !== undefined) contours.set(number, item.items("ContourSequence"));
  }
  return elements.items("StructureSetROISequence").map((item) => {
    const number = item.number("ROINumber");
    if (number === undefined)
      return fail("invalid-file", "a structure without a number", { where, hint: "get the file again" });
    return {
      number,
      name: item.label("ROIName", elements) ?? "",
      frameOfReference: item.text("ReferencedFrameOfReferenceUID"),
      contours: contours.get(number) ?? [],
    };
  });
}

/** A contour in voxels of the grid: its points, and how far they reach along each axis. */
interface Outline {
  readonly points: readonly Triple[];
  readonly low: Triple;
  readonly high: Triple;
}

/**
 * The voxels of a grid whose centre lies in a structure's contours. The contours' planes must be planes of the grid, along whichever of its axes. A slice
 * takes the nearest plane of contours, if it is no further than half the distance of slices, or of contours where that is larger.
 *
 * @throws MidashError `invalid-file`, `unsupported` (no closed contours, or contours across the grid's planes), `grid-mismatch` (all
 *   lie outside the grid), `aborted`
 */
export async function contourVoxels(
  roi: Roi,
  grid: Grid,
  { where, signal }: { readonly where: string; readonly signal?: AbortSignal },
): Promise<StructureVoxels> {
  const name = `"${roi.name}"`;
  const { outlines, skipped } = await outlinesOf(roi, grid, where, signal);
  const others = [...skipped].map(([type, count]) => `${count} of type ${type}`).join(", ");
  if (outlines.length === 0)
    return fail("unsupported", `structure ${name} has no closed contours${others && ` (${others})`}`, {
      where,
      hint: "choose another structure",
    });
  const axis = axisOf(outlines, grid);
  if (axis === undefined)
    return fail("unsupported", `the contours of ${name} do not lie in the image's planes`, {
      where,
      hint: "give the image that they were drawn on, not one that was resampled or tilted",
    });
  const spacing = spacingOf(grid.affine)[axis];
  const planes = planesOf(outlines, axis);
  const gaps = planes.slice(1).map(({ height }, n) => height - planes[n]!.height);
  const step = Math.min(...gaps, THICKEST / spacing);
  const wide = gaps.length > 0 && step > 1 && Math.min(...gaps) === step;
  const reach = wide ? step / 2 : 0.5;
  const { data, filled } = await fillSlices(planes, grid, axis, reach, signal);
  if (filled === 0)
    return fail("grid-mismatch", `structure ${name} lies outside the image`, {
      where,
      hint: "give the image that it was drawn on",
    });
  const notes = [
    ...(others ? [`not closed contours were skipped: ${others}`] : []),
    ...(wide && step > 1.01
      ? [
          `contours ${Number((step * spacing).toFixed(2))} mm apart on slices ${Number(spacing.toFixed(2))} mm apart: each slice took the nearest`,
        ]
      : []),
    ...(planes.some(({ height }) => height < -0.5 || height >= grid.shape[axis] - 0.5)
      ? ["contours beyond the image's first or last slice were left out"]
      : []),
  ];
  return { data, notes };
}

async function outlinesOf(roi: Roi, grid: Grid, where: string, signal: AbortSignal | undefined) {
  const toVoxel = invertAffine(grid.affine);
  const skipped = new Map<string, number>();
  const outlines: Outline[] = [];
  for (const [n, contour] of roi.contours.entries()) {
    if (n % 64 === 0) await breathe(signal);
    const type = contour.text("ContourGeometricType") ?? "none";
    const numbers = coordinates(contour, where);
    const closed = /^CLOSED_?PLANAR(_XOR)?$/.test(type) && numbers.length >= 9;
    if (!closed) {
      skipped.set(type, (skipped.get(type) ?? 0) + 1);
      continue;
    }
    const points: Triple[] = [];
    const low: [number, number, number] = [Infinity, Infinity, Infinity];
    const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
    for (let p = 0; p < numbers.length; p += 3) {
      const point = applyAffine(toVoxel, [-numbers[p]!, -numbers[p + 1]!, numbers[p + 2]!]); // LPS to RAS
      for (const d of [0, 1, 2] as const) {
        low[d] = Math.min(low[d], point[d]);
        high[d] = Math.max(high[d], point[d]);
      }
      points.push(point);
    }
    outlines.push({ points, low, high });
  }
  return { outlines, skipped };
}

/** Points as x, y, z, x, y, z, ... in mm, LPS+. Their text may be longer than any other of a file. */
function coordinates(contour: Elements, where: string): readonly number[] {
  const bytes = contour.bytes(TAGS.ContourData);
  if (!bytes) return [];
  const numbers = new TextDecoder("latin1")
    .decode(bytes)
    .replace(/[\0 ]+$/, "")
    .split("\\")
    .map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  if (numbers.length % 3 !== 0 || !numbers.every((v) => Math.abs(v) <= 1e6))
    fail("invalid-file", "ContourData is not a list of points in mm", { where, hint: "get the file again" });
  return numbers;
}

/** The axis of the grid along which every contour is flat; `undefined` when there is none. */
function axisOf(outlines: readonly Outline[], grid: Grid): 0 | 1 | 2 | undefined {
  const spacing = spacingOf(grid.affine);
  const thickness = ([0, 1, 2] as const).map((axis) => ({
    axis,
    voxels: outlines.reduce((most, { low, high }) => Math.max(most, high[axis] - low[axis]), 0),
  }));
  const [flattest] = thickness.sort((a, b) => a.voxels * spacing[a.axis] - b.voxels * spacing[b.axis]);
  return flattest!.voxels <= FLAT ? flattest!.axis : undefined;
}

/** The contours of one plane. */
interface Plane {
  /** In voxels along the axis. */
  readonly height: number;
  readonly polygons: Polygon[];
}

/** By height, the lowest first. */
function planesOf(outlines: readonly Outline[], axis: 0 | 1 | 2): readonly Plane[] {
  const [u, v] = inPlane(axis);
  const flat = outlines
    .map(({ points, low, high }) => ({
      height: (low[axis] + high[axis]) / 2,
      polygon: Float64Array.from(points.flatMap((point) => [point[u], point[v]])),
    }))
    .sort((a, b) => a.height - b.height);
  const planes: Plane[] = [];
  for (const { height, polygon } of flat) {
    const last = planes.at(-1);
    if (last && height - last.height < ONE_PLANE) last.polygons.push(polygon);
    else planes.push({ height, polygons: [polygon] });
  }
  return planes;
}

function inPlane(axis: 0 | 1 | 2): readonly [0 | 1 | 2, 0 | 1 | 2] {
  return axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
}

/** Rounding of positions, in voxels: a plane half-way between two slices belongs to the upper one. */
const ROUNDING = 1e-3;

async function fillSlices(
  planes: readonly Plane[],
  { shape }: Grid,
  axis: 0 | 1 | 2,
  reach: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly data: Uint8Array; readonly filled: number }> {
  const [u, v] = inPlane(axis);
  const size = [shape[u], shape[v]] as const;
  const strides: Triple = [1, shape[0], shape[0] * shape[1]];
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  let filled = 0;
  let drawn: { readonly of: Plane; readonly voxels: Uint8Array } | undefined;
  for (let k = 0, n = 0; k < shape[axis]; k++) {
    const away = (plane: Plane | undefined) => (plane ? Math.abs(plane.height - k) : Infinity);
    while (away(planes[n + 1]) < away(planes[n])) n++;
    const plane = planes[n]!;
    const above = plane.height - k;
    if (above >= reach - ROUNDING || above < -reach - ROUNDING) continue;
    await breathe(signal);
    if (drawn?.of !== plane) drawn = { of: plane, voxels: fillPolygons(plane.polygons, size) };
    const { voxels } = drawn;
    for (let b = 0, p = 0; b < size[1]; b++)
      for (let a = 0; a < size[0]; a++, p++)
        if (voxels[p] === 1) {
          data[k * strides[axis] + a * strides[u] + b * strides[v]] = 1;
          filled++;
        }
  }
  return { data, filled };
}
