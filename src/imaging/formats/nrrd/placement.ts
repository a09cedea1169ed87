import { type Affine, mapTriple, type Triple } from "../../volume/index.ts";
import { affineOf, checkAffine, LPS } from "../placement.ts";
import { brief, fieldError, type HeaderField, numberOf, numbersOf } from "../text-header.ts";
import type { NrrdHeader } from "./header.ts";

/** A vector of "space directions" an axis; `undefined`: "none". */
type Directions = readonly (readonly number[] | undefined)[];

const RAS: Triple = [1, 1, 1];

/** Signs that turn a space into RAS. Those that name no side of the patient are taken for LPS, as ITK takes them. */
const SPACES: Readonly<Record<string, Triple>> = {
  "right-anterior-superior": RAS,
  ras: RAS,
  "left-anterior-superior": [-1, 1, 1],
  las: [-1, 1, 1],
  "left-posterior-superior": LPS,
  lps: LPS,
  "scanner-xyz": LPS,
  "3d-right-handed": LPS,
};

/** Millimetres in a unit of "space units"; of others, nothing is known, and they count as millimetres. */
const MILLIMETRES: Readonly<Record<string, number>> = {
  m: 1000,
  cm: 10,
  um: 0.001,
  µm: 0.001,
  micron: 0.001,
};

/**
 * The directions of the axes that lie in space. With four coordinates (a space with time, or "space dimension: 4") the axis that has only
 * the last one is no axis of space.
 *
 * @throws MidashError `invalid-file`; `unsupported` when time leans into space
 */
export function directionsOf({ fields }: NrrdHeader, axes: number, where: string): Directions | undefined {
  const field = fields.get("space directions");
  if (!field) return undefined;
  const words = vectorsOf(field, where);
  if (words.length !== axes) throw fieldError(field, `${words.length} entries, there must be ${axes}`, where);
  return words.map((vector) => {
    if (!vector || vector.every(Number.isNaN)) return undefined;
    if (vector.length < 1 || vector.length > 4)
      throw fieldError(field, `vectors of ${vector.length} numbers`, where, "unsupported");
    const [inSpace, time = 0] = [vector.slice(0, 3), vector[3]];
    if (time === 0) return inSpace;
    if (inSpace.some((v) => v !== 0)) throw fieldError(field, "time leans into space", where, "unsupported");
    return undefined;
  });
}

/**
 * Voxel to RAS+ mm: "space", "space directions" and "space origin", else "spacings" and "axis mins" along L, P, S, as ITK takes them.
 *
 * @param options `space`: the volume's axes in the array; `sizes`: of all axes
 * @throws MidashError `invalid-file`, `unsupported` for a left-handed space that names no side
 */
export function nrrdAffine(
  header: NrrdHeader,
  {
    directions,
    space,
    sizes,
  }: {
    readonly directions: Directions | undefined;
    readonly space: readonly number[];
    readonly sizes: readonly number[];
  },
  where: string,
): Affine {
  const { fields } = header;
  const signs = signsOf(fields.get("space"), where);
  const scale = unitOf(fields.get("space units"));
  if (directions) {
    const columns = complete(space.map((axis) => mm(directions[axis]!, scale)));
    const origin = originOf(fields.get("space origin"), where, scale);
    return checkAffine(affineOf({ columns, origin }, signs), "its space directions", where);
  }
  const perAxis = (name: string) => {
    const field = fields.get(name);
    const values = field && numbersOf(field, where, sizes.length);
    return (d: number) => values?.[space[d] ?? sizes.length] ?? Number.NaN;
  };
  const [spacing, min] = [perAxis("spacings"), perAxis("axis mins")];
  const node = (d: number) => /^node$/i.test(fields.get("centerings")?.text.split(/\s+/)[space[d]!] ?? "");
  const step = (d: number) => (Number.isNaN(spacing(d)) ? 1 : spacing(d));
  const [maxs, max] = [fields.get("axis maxs"), perAxis("axis maxs")];
  for (const [d, axis] of space.entries()) {
    const cells = sizes[axis]! - (node(d) ? 1 : 0);
    if (maxs && Number.isNaN(spacing(d)) && max(d) - min(d) !== cells && !Number.isNaN(max(d) - min(d)))
      throw fieldError(maxs, "a voxel size that only it says, and ITK ignores", where, "unsupported");
  }
  // A minimum is that of the axis: of a cell's edge, not of its centre.
  const start = (d: number) => (Number.isNaN(min(d)) ? 0 : min(d) + (node(d) ? 0 : step(d) / 2));
  const columns = [0, 1, 2].map((c) => [0, 1, 2].map((r) => (r === c ? step(c) : 0)));
  return checkAffine(
    affineOf({ columns: columns as never, origin: [start(0), start(1), start(2)] }, signs),
    "its spacings",
    where,
  );
}

function signsOf(field: HeaderField | undefined, where: string): Triple {
  if (!field) return LPS;
  const name = field.text.toLowerCase().replace(/-time$/, "");
  const signs = SPACES[name] ?? SPACES[/^(ras|las|lps)t$/.test(name) ? name.slice(0, 3) : ""];
  if (signs) return signs;
  throw fieldError(field, `"${brief(field.text)}" does not tell left from right`, where, "unsupported");
}

function unitOf(field: HeaderField | undefined): number {
  const first = /^"([^"]*)"/
    .exec(field?.text ?? "")?.[1]
    ?.trim()
    .toLowerCase();
  return MILLIMETRES[first ?? ""] ?? 1;
}

function originOf(field: HeaderField | undefined, where: string, scale: number): Triple {
  if (!field) return [0, 0, 0];
  const vectors = vectorsOf(field, where);
  if (vectors.length !== 1) throw fieldError(field, `"${brief(field.text)}" is no point`, where);
  return mm(vectors[0] ?? [], scale); // "none" is what no such field is
}

function mm(vector: readonly number[], scale: number): Triple {
  return mapTriple([0, 1, 2], (r) => (vector[r] ?? 0) * scale);
}

/** A flat image's missing axes: at right angles to the others, 1 mm. */
function complete(columns: readonly Triple[]): [Triple, Triple, Triple] {
  const unit = (v: Triple): Triple => {
    const length = Math.hypot(...v) || 1;
    return [v[0] / length, v[1] / length, v[2] / length];
  };
  const cross = (p: Triple, q: Triple): Triple => [
    p[1] * q[2] - p[2] * q[1],
    p[2] * q[0] - p[0] * q[2],
    p[0] * q[1] - p[1] * q[0],
  ];
  const x = columns[0]!;
  const y = columns[1] ?? unit(cross(Math.abs(x[0]) > Math.abs(x[2]) ? [0, 0, 1] : [1, 0, 0], x));
  return [x, y, columns[2] ?? unit(cross(x, y))];
}

/** "(1,0,0) none (0,1,0)". */
function vectorsOf(field: HeaderField, where: string): (number[] | undefined)[] {
  const words = field.text.match(/\([^()]*\)|[^\s()]+|[()]/g) ?? [];
  return words.map((word) => {
    if (/^(none|\?\?\?)$/i.test(word)) return undefined;
    if (!word.startsWith("(") || word.length < 3)
      throw fieldError(field, `"${brief(word)}" is no vector`, where);
    return word
      .slice(1, -1)
      .split(",")
      .map((part) => numberOf(part.trim(), field, where));
  });
}
