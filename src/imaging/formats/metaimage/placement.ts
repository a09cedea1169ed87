import { type Affine, mapTriple, type Triple } from "../../volume/index.ts";
import { affineOf, checkAffine, LPS, type Placement } from "../placement.ts";
import { fieldError, numbersOf } from "../text-header.ts";
import { firstField, type MetaImageHeader } from "./header.ts";

const UNIT = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

/**
 * Voxel to RAS+ mm. TransformMatrix holds the direction of one axis after the other, each in LPS, as ITK takes it; ElementSize stands
 * in for ElementSpacing. CenterOfRotation and AnatomicalOrientation do not count, as in ITK.
 *
 * @throws MidashError `invalid-file`; `unsupported` when a fourth axis (time) leans into space
 */
export function metaImageAffine({ fields }: MetaImageHeader, axes: number, where: string): Affine {
  const numbers = (names: readonly string[], count: number) => {
    const field = firstField(fields, names);
    return field && numbersOf(field, where, count);
  };
  const spacing = numbers(["ElementSpacing", "ElementSize"], axes) ?? [];
  const origin = numbers(["Offset", "Position", "Origin"], axes) ?? [];
  const turn = ["TransformMatrix", "Rotation", "Orientation"];
  const matrix = numbers(turn, axes * axes);
  if (matrix && axes > 3 && !isApart(matrix, axes))
    throw fieldError(firstField(fields, turn)!, "its fourth axis leans into space", where, "unsupported");
  const column = (c: number): Triple => {
    const direction = matrix && c < axes ? matrix.slice(c * axes, c * axes + Math.min(axes, 3)) : UNIT[c]!;
    return mapTriple([0, 1, 2], (r) => (direction[r] ?? 0) * (spacing[c] ?? 1));
  };
  const placement: Placement = {
    columns: [column(0), column(1), column(2)],
    origin: [origin[0] ?? 0, origin[1] ?? 0, origin[2] ?? 0],
  };
  return checkAffine(affineOf(placement, LPS), "its TransformMatrix with ElementSpacing", where);
}

/** Whether the axes from the fourth on have nothing to do with the first three. */
function isApart(matrix: readonly number[], axes: number): boolean {
  return matrix.every((v, i) => {
    const [a, r] = [Math.floor(i / axes), i % axes];
    return a < 3 === r < 3 || v === 0;
  });
}
