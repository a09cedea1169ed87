import { type Affine, spacingOf } from "../volume/index.ts";
import type { HeadShape, Sides } from "./head-shape.ts";
import { ellipsoid, smoothMax, smoothMin, smoothStep } from "./implicit.ts";
import type { Lattice, NodeField } from "./painted-layers.ts";

/** A function of place in the standard head (mm) and of the node. `x` is always the distance to the mid-plane's right. */
export type NodeFunction = (x: number, y: number, z: number, node: number) => number;

/** A lattice laid into a head: where its nodes are in the standard head, and the surfaces that all layers hang on. */
export interface Anatomy {
  readonly shape: HeadShape;
  readonly count: number;
  /** Standard-head coordinates of the nodes, mm. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
  /** Distance to the inside of the skull: negative in the cranial cavity. */
  readonly cavity: NodeField;
  /** Local thickness of the skull, mm. */
  readonly thickness: NodeField;
  /** Distance to the outside of the cranial bone. */
  readonly bone: NodeField;
  /** Distance to the skin. */
  readonly skin: NodeField;
  /** A field over the nodes no more than `reach` mm outside `within`; the rest counts as outside. */
  field(value: NodeFunction, within?: NodeField, reach?: number): NodeField;
}

/** What a skipped node holds: far outside. */
const FAR = 100;

/** Value for the side a point is on. */
export function side(sides: Sides, x: number): number {
  return x >= 0 ? sides[0] : sides[1];
}

/** Lays a lattice into a head and finds its main surfaces. `affine` is that of the fine grid. */
export function layAnatomy(lattice: Lattice, affine: Affine, shape: HeadShape): Anatomy {
  const [mx, my, mz] = lattice.nodes;
  const count = mx * my * mz;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const z = new Float32Array(count);
  place(lattice, affine, shape, x, y, z);
  // Wider than a cell's diagonal, so that no cell with a skipped node touches the surface.
  const diagonal = 1.15 * Math.hypot(...spacingOf(affine).map((s, d) => s * lattice.step[d]!));
  const field = (value: NodeFunction, within?: NodeField, reach = diagonal): NodeField => {
    const out = new Float32Array(count);
    for (let n = 0; n < count; n++)
      out[n] = within && within[n]! > reach ? FAR : value(x[n]!, y[n]!, z[n]!, n);
    return out;
  };
  const cavity = field(cranialCavity);
  const thickness = field(
    (px, py, pz, _n) => {
      const base = 1 - smoothStep(-30, -12, pz);
      const occiput = smoothStep(-55, -85, py) * (1 - smoothStep(10, 30, pz));
      const temple = smoothStep(48, 58, Math.abs(px)) * smoothStep(-25, -5, py) * (1 - smoothStep(0, 25, pz));
      // The orbits' roof is thin.
      const roof = smoothStep(18, 35, py) * (1 - smoothStep(62, 74, py)) * (1 - smoothStep(-18, -8, pz));
      const mean = shape.skull + 1.5 * base + 2 * occiput - 2.2 * temple - 4.5 * roof;
      return Math.max(2.6, mean + 1.1 * shape.skullVaries.at(px, py, pz));
    },
    cavity,
    25,
  );
  const bone = field((_x, _y, _z, n) => cavity[n]! - thickness[n]!, cavity, 25);
  const skin = field((px, py, pz, n) =>
    skinSurface(shape, px, py, pz, cavity[n]! - Math.min(thickness[n]!, 12)),
  );
  return { shape, count, x, y, z, cavity, thickness, bone, skin, field };
}

/** The cavity: the cerebral vault, cut below by the anterior floor, joined to the middle and posterior fossae. */
function cranialCavity(x: number, y: number, z: number): number {
  const vault = ellipsoid(x, y, z - 7, 67, 83, 61);
  const orbits = 6 * Math.exp(-((Math.abs(x) - 28) ** 2 + (y - 48) ** 2) / 500);
  const floor = -20 - 0.1 * (60 - y) + 0.003 * x * x + orbits;
  const upper = smoothMax(vault, floor - z, 10);
  const posterior = ellipsoid(x, y + 42, z + 28, 51, 37, 36);
  const middle = ellipsoid(Math.abs(x) - 36, y - 9, z + 20, 26, 30, 25);
  return smoothMin(smoothMin(upper, posterior, 8), middle, 8);
}

/** The skin: scalp over the skull, joined to face, neck, nose and ears. `bone` is the distance to the cranial bone. */
function skinSurface(shape: HeadShape, x: number, y: number, z: number, bone: number): number {
  const ax = Math.abs(x);
  const scalp = shape.skin + shape.fat + 1.5 + 0.25 * shape.fat * shape.fatVaries.at(x, y, z);
  const temple =
    shape.temporalis * smoothStep(40, 62, ax) * smoothStep(-30, 0, y) * (1 - smoothStep(-10, 35, z));
  const cranium = bone - Math.max(3, scalp) - temple * (1 - smoothStep(50, 75, y));
  const face = ellipsoid(x, y - 24, z + 62, 64 + shape.fat, 62 + 0.5 * shape.fat, 72);
  const neck = Math.max(ellipsoid(x, y + 20, 0, 58 + shape.fat, 58 + shape.fat, 1e4), z + 55);
  let surface = smoothMin(cranium, face, 14);
  surface = smoothMin(surface, neck, 25);
  // The nose: a ridge from the brow down to the tip, growing forward and wider.
  const h = Math.min(1, Math.max(0, (-28 - z) / 36));
  const ridge = 80 + 17 * h * shape.nose;
  const nose = Math.hypot(x, y - ridge, Math.max(0, z + 28), Math.max(0, -64 - z)) - (5 + 4 * h);
  surface = smoothMin(surface, nose, 12);
  const ear = ellipsoid(ax - 77 - 0.1 * (z + 34), y + 12, z + 34, 5, 15, 28);
  return smoothMin(surface, ear, 5);
}

/** Standard-head coordinates of every node: undo translation, rotation and scale, then deform. */
function place(
  lattice: Lattice,
  affine: Affine,
  shape: HeadShape,
  x: Float32Array,
  y: Float32Array,
  z: Float32Array,
): void {
  const { step, nodes } = lattice;
  const [nod, tilt, turn] = shape.rotation;
  const [cx, sx] = [Math.cos(nod), Math.sin(nod)];
  const [cy, sy] = [Math.cos(tilt), Math.sin(tilt)];
  const [cz, sz] = [Math.cos(turn), Math.sin(turn)];
  const [tx, ty, tz] = shape.translation;
  const [kx, ky, kz] = shape.scale;
  const [dx, dy, dz] = shape.deformation;
  const size = shape.deformationSize;
  let n = 0;
  for (let c = 0; c < nodes[2]; c++)
    for (let b = 0; b < nodes[1]; b++)
      for (let a = 0; a < nodes[0]; a++, n++) {
        const [i, j, k] = [a * step[0], b * step[1], c * step[2]];
        const wx = affine[0]! * i + affine[1]! * j + affine[2]! * k + affine[3]! - tx;
        const wy = affine[4]! * i + affine[5]! * j + affine[6]! * k + affine[7]! - ty;
        const wz = affine[8]! * i + affine[9]! * j + affine[10]! * k + affine[11]! - tz;
        const ux = cz * wx + sz * wy;
        const uy = -sz * wx + cz * wy;
        const vy = cx * uy + sx * wz;
        const vz = -sx * uy + cx * wz;
        const px = (cy * ux - sy * vz) / kx;
        const py = vy / ky;
        const pz = (sy * ux + cy * vz) / kz;
        x[n] = px + size * dx.at(wx, wy, wz);
        y[n] = py + size * dy.at(wx, wy, wz);
        z[n] = pz + size * dz.at(wx, wy, wz);
      }
}
