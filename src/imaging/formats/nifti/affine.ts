import { fail } from "../../../base/errors/index.ts";
import { type Affine, mapTriple, spacingOf, type Triple } from "../../volume/index.ts";
import { checkAffine } from "../placement.ts";
import type { NiftiHeader } from "./header.ts";

/** The qform fields of a header. */
export interface Qform {
  /** quatern_b, c, d of a unit quaternion whose a is not negative. */
  readonly quaternion: Triple;
  /** Voxel size in mm. */
  readonly spacing: Triple;
  /** -1 when the third axis is mirrored, else 1. */
  readonly qfac: 1 | -1;
  readonly translation: Triple;
}

/** Which of the three methods of the NIfTI standard gave the affine. */
export type AffineMethod = "sform" | "qform" | "pixdim";

/** sform if its code is positive, else qform if its code is positive, else voxel sizes alone: nibabel's order. */
export function affineMethod(header: NiftiHeader): AffineMethod {
  return header.sformCode > 0 ? "sform" : header.qformCode > 0 ? "qform" : "pixdim";
}

/**
 * Voxel to RAS+ mm, as nibabel's `get_best_affine`. One difference: headers in metres or micrometres are converted
 * (as ITK does), because an affine here is in mm.
 *
 * @throws MidashError `invalid-file` when the fields give no invertible affine
 */
export function niftiAffine(header: NiftiHeader, where: string): Affine {
  const method = affineMethod(header);
  const affine =
    method === "sform"
      ? [...header.sform, 0, 0, 0, 1]
      : method === "qform"
        ? qformAffine(storedQform(header, where))
        : pixdimAffine(header);
  const mm = header.lengthUnit === 1 ? 1000 : header.lengthUnit === 3 ? 0.001 : 1;
  const scaled = affine.map((v, i) => (i < 12 ? v * mm : v));
  return checkAffine(scaled, `its ${method}`, where);
}

/** The affine that qform fields stand for; the quaternion need not be normalised. */
function qformAffine({ quaternion: [b, c, d], spacing, qfac, translation }: Qform): Affine {
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const s = 2 / (a * a + b * b + c * c + d * d);
  const [x, y, z] = [spacing[0], spacing[1], spacing[2] * qfac];
  return [
    (1 - s * (c * c + d * d)) * x,
    s * (b * c - a * d) * y,
    s * (b * d + a * c) * z,
    translation[0],
    s * (b * c + a * d) * x,
    (1 - s * (b * b + d * d)) * y,
    s * (c * d - a * b) * z,
    translation[1],
    s * (b * d - a * c) * x,
    s * (c * d + a * b) * y,
    (1 - s * (b * b + c * c)) * z,
    translation[2],
    ...[0, 0, 0, 1],
  ];
}

/** The qform of an affine made of rotation, mirroring and voxel sizes; `undefined` when it shears. */
export function qformOf(affine: Affine): Qform | undefined {
  const spacing = spacingOf(affine);
  const column = (c: number) => mapTriple([0, 4, 8], (r) => affine[r + c]! / spacing[c]!);
  const [x, y, z] = [column(0), column(1), column(2)];
  const dot = (p: Triple, q: Triple) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
  // 1e-5 is what float32 headers leave of a right angle: 2 µm over a 200 mm head.
  if (Math.max(Math.abs(dot(x, y)), Math.abs(dot(y, z)), Math.abs(dot(z, x))) > 1e-5) return undefined;
  const cross: Triple = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
  const qfac = dot(cross, z) < 0 ? -1 : 1;
  return {
    quaternion: rotationToQuaternion([x, y, [z[0] * qfac, z[1] * qfac, z[2] * qfac]]),
    spacing,
    qfac,
    translation: [affine[3]!, affine[7]!, affine[11]!],
  };
}

/** b, c, d of the rotation with these columns, by its largest component (Shepperd 1978), a made non-negative. */
function rotationToQuaternion([x, y, z]: readonly [Triple, Triple, Triple]): Triple {
  const squares = [
    1 + x[0] + y[1] + z[2],
    1 + x[0] - y[1] - z[2],
    1 - x[0] + y[1] - z[2],
    1 - x[0] - y[1] + z[2],
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const [ab, ac, ad] = [y[2] - z[1], z[0] - x[2], x[1] - y[0]];
  const [bc, bd, cd] = [y[0] + x[1], z[0] + x[2], z[1] + y[2]];
  const candidates = [
    [squares[0]!, ab, ac, ad],
    [ab, squares[1]!, bc, bd],
    [ac, bc, squares[2]!, cd],
    [ad, bd, cd, squares[3]!],
  ];
  const q = candidates[largest]!;
  const norm = Math.hypot(...q) * (q[0]! < 0 ? -1 : 1);
  return [q[1]! / norm, q[2]! / norm, q[3]! / norm];
}

function storedQform(header: NiftiHeader, where: string): Qform {
  const square = header.quaternion.reduce((sum, v) => sum + v * v, 0);
  // Rounding leaves b² + c² + d² a little above 1; more than that is not a rotation.
  if (!(square < 1.01))
    fail("invalid-file", `its qform quaternion has length ${Math.sqrt(square)}, not 1`, {
      where,
      hint: "fix the header or convert it again",
    });
  // Below the noise of the stored type a rest of 1 - |q|² means a = 0 (nibabel's quaternion_threshold).
  const noise = 3 * (header.version === 1 ? 2 ** -23 : 2 ** -52);
  const norm = 1 - square < noise ? Math.sqrt(square) : 1;
  return {
    quaternion: mapTriple(header.quaternion, (v) => v / norm),
    spacing: storedSpacing(header),
    qfac: header.pixdim[0] === -1 ? -1 : 1,
    translation: header.translation,
  };
}

/** nibabel's `get_base_affine`: the origin in the volume's centre, x mirrored (the radiological habit of Analyze). */
function pixdimAffine(header: NiftiHeader): Affine {
  const flat = header.dims.length < 3;
  const size = storedSpacing(header).map((v, d) => (flat && d >= header.dims.length ? 1 : v));
  const [x, y, z] = [-size[0]!, size[1]!, size[2]!];
  const centre = (d: number) => ((header.dims[d] ?? 1) - 1) / 2;
  return [x, 0, 0, -centre(0) * x, 0, y, 0, -centre(1) * y, 0, 0, z, -centre(2) * z, 0, 0, 0, 1];
}

/** pixdim[1..3] as nibabel fixes them: 0 becomes 1, negative becomes positive. */
function storedSpacing(header: NiftiHeader): Triple {
  const size = (d: number) => Math.abs(header.pixdim[d]!) || (header.pixdim[d] === 0 ? 1 : Number.NaN);
  return [size(1), size(2), size(3)];
}
