import { assert } from "../../base/errors/index.ts";
import { applyAffine, orientedGrid, type Triple, type Volume } from "../volume/index.ts";
import { type SliceAxis, VIEWS, type View } from "./view.ts";

/** Which slice of a volume. */
export interface SliceChoice {
  /** Default `axial`. */
  readonly axis?: SliceAxis;
  /** On the canonical RAS grid: axial slices count from the feet up, coronal ones from back to front, sagittal ones from left to right. Default: the middle one. */
  readonly index?: number;
}

/** Where a slice lies, and how it is turned. */
export interface SlicePlace {
  /** Width and height of a pixel in mm. A canvas shows the slice in its true shape by the CSS `aspect-ratio: width * pixel[0] / (height * pixel[1])`. */
  readonly pixel: readonly [width: number, height: number];
  /** What lies beyond each edge: R, L, A, P, S or I. */
  readonly edges: Readonly<Record<"left" | "right" | "top" | "bottom", string>>;
  /** Where the middle of the slice lies along the axis through it: mm to the right, the front or the head. */
  readonly position: number;
  /** How many slices there are along the axis. */
  readonly count: number;
}

/** The slice that is meant. @throws MidashError `invalid-argument` for an unknown axis or a slice outside the volume */
export function findSlice(
  volume: Volume,
  { axis = "axial", ...options }: SliceChoice,
  call: string,
): { readonly view: View; readonly index: number; readonly place: SlicePlace } {
  assert(Object.hasOwn(VIEWS, axis), `unknown axis "${axis}"`, {
    where: { call },
    hint: "known are axial, coronal, sagittal",
  });
  const view = VIEWS[axis];
  const { shape, affine } = orientedGrid(volume);
  const count = shape[view.through];
  const { index = Math.floor(count / 2) } = options;
  assert(
    Number.isInteger(index) && index >= 0 && index < count,
    `slice ${index} is outside 0 to ${count - 1}`,
    { where: { call, option: "index" } },
  );
  const middle = shape.map((n) => (n - 1) / 2);
  middle[view.through] = index;
  const mm = (column: number) => Math.hypot(...[0, 4, 8].map((row) => affine[row + column]!));
  const { left, right, top, bottom } = view;
  const place: SlicePlace = {
    pixel: [mm(view.across), mm(view.along)],
    edges: { left, right, top, bottom },
    position: applyAffine(affine, middle as unknown as Triple)[view.through],
    count,
  };
  return { view, index, place };
}
