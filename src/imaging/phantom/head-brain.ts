import { type Anatomy, side } from "./anatomy.ts";
import { ellipsoid, smoothMax, smoothMin, smoothStep, taperedCapsule } from "./implicit.ts";
import type { Layer, NodeField } from "./painted-layers.ts";
import { HeadLabel } from "./tissues.ts";

/** Everything inside the cranial cavity and the spinal canal, in painting order. Painted over the outside. */
export function brainLayers(anatomy: Anatomy): Layer[] {
  const { shape, cavity, skin, field } = anatomy;
  const canal = taperedCapsule([0, -24, -52], [0, -34, -140], 14, 9);
  const foramen = field((x, y, z) => canal(x, y, z), skin);
  const gap = field((x, y, z) => shape.csf + 0.6 * shape.csfVaries.at(x, y, z), cavity);
  const surface = field((_x, _y, _z, n) => cavity[n]! + gap[n]!, cavity);
  return [
    { label: HeadLabel.csf, fields: [foramen] },
    { label: HeadLabel.csf, fields: [cavity] },
    ...cerebellumLayers(anatomy, surface),
    ...cerebrumLayers(anatomy, surface),
    ...deepLayers(anatomy),
    ...stemLayers(anatomy),
    ...veinLayers(anatomy),
  ];
}

/** Height of the tentorium: highest in front at the mid-plane, falling back and to the sides. */
function tentorium(x: number, y: number): number {
  return -2 - 0.25 * Math.max(0, -30 - y) - 0.3 * Math.abs(x);
}

/** The cerebrum's share of the brain: negative inside. The space below the tentorium and the basal cisterns are cut out. */
function cerebrum({ field, cavity }: Anatomy, surface: NodeField): NodeField {
  return field((x, y, z, n) => {
    const below = Math.max(z - tentorium(x, y), y + 18 - 0.2 * Math.abs(x));
    const cistern = ellipsoid(x, y + 2, z + 22, 12, 17, 13);
    return smoothMax(surface[n]!, -smoothMin(below, cistern, 4), 5);
  }, cavity);
}

/** 0 at the middle of the cerebral vault, 1 on it. */
function radius(x: number, y: number, z: number): number {
  return Math.sqrt((x / 67) ** 2 + (y / 83) ** 2 + ((z - 7) / 61) ** 2);
}

function cerebrumLayers(anatomy: Anatomy, surface: NodeField): Layer[] {
  const { shape, field } = anatomy;
  const { greyMatter, whiteMatter, csf } = HeadLabel;
  const whole = cerebrum(anatomy, surface);
  const shell = field((_x, _y, _z, n) => -whole[n]! - shape.cortex, whole);

  // Sulci: the zero surfaces of a random field that is constant along lines to the centre, so they run inwards.
  const gradient = new Float64Array(3);
  const soft = 0.35 * ((2 * Math.PI) / shape.foldWavelength);
  const fold = field((x, y, z) => {
    const rho = Math.max(0.4, radius(x, y, z));
    // A second field bends them, or they would stand like spokes.
    const bend = 5 * shape.fascia.at(x, y, z);
    const value = shape.folds.withGradient(x / rho + bend, y / rho - bend, (z - 7) / rho + bend, gradient);
    const slope = Math.sqrt(gradient[0]! ** 2 + gradient[1]! ** 2 + gradient[2]! ** 2 + soft * soft);
    return (value * rho) / slope;
  }, whole);
  const depth = field((x, y, z) => 14 + 4 * shape.sulcusDepth.at(x, y, z), whole);
  const width = field(
    (_x, _y, _z, n) => shape.sulcus * (0.7 + 0.9 * Math.exp(Math.min(0, whole[n]!) / 4)),
    whole,
  );
  const sheet = (distance: NodeField, half: (n: number) => number): [NodeField, NodeField] => [
    field((_x, _y, _z, n) => distance[n]! - half(n), whole),
    field((_x, _y, _z, n) => -distance[n]! - half(n), whole),
  ];
  // No sulci near the head's centre, where lines to it crowd.
  const central = field((x, y, z) => 70 * (0.6 - radius(x, y, z)), whole);
  const deepSulcus = field((_x, _y, _z, n) => Math.max(-whole[n]! - depth[n]!, central[n]!), whole);
  const deepCortex = field((_x, _y, _z, n) => deepSulcus[n]! - shape.cortex, whole);

  // Between the hemispheres, except through the corpus callosum and what it covers.
  const middle = field((x, y, z) => x + 0.8 * shape.csfVaries.at(y, z, 40), whole);
  const above = field((_x, y, z) => -ellipsoid(0, y + 6, z - 3, 1e4, 41, 25), whole);
  const aboveCortex = field((_x, _y, _z, n) => above[n]! - 1.5, whole);

  // The Sylvian fissure, from the side to the insula.
  const lateral = field((_x, y, z) => z - (-14 + 0.5 * (10 - y) * smoothStep(-60, 30, -y + 20) * 0.6), whole);
  const reach = field((x, y, _z) => Math.max(37 - Math.abs(x), Math.abs(y - 4) - 30), whole);
  const reachCortex = field((_x, _y, _z, n) => reach[n]! - 2.5, whole);
  return [
    { label: whiteMatter, fields: [whole] },
    { label: greyMatter, fields: [whole, shell] },
    { label: greyMatter, fields: [whole, deepCortex, ...sheet(fold, (n) => width[n]! + shape.cortex)] },
    { label: greyMatter, fields: [whole, aboveCortex, ...sheet(middle, () => 1 + shape.cortex)] },
    {
      label: greyMatter,
      fields: [whole, reachCortex, ...sheet(lateral, (n) => width[n]! + 0.6 + shape.cortex)],
    },
    { label: csf, fields: [whole, deepSulcus, ...sheet(fold, (n) => width[n]!)] },
    { label: csf, fields: [whole, above, ...sheet(middle, () => 1)] },
    { label: csf, fields: [whole, reach, ...sheet(lateral, (n) => width[n]! + 0.6)] },
  ];
}

function cerebellumLayers({ shape, cavity, field }: Anatomy, surface: NodeField): Layer[] {
  const whole = field((x, y, z, n) => {
    const roof = z - tentorium(x, y) + 3;
    const front = y + 20 - 0.3 * Math.abs(x);
    const lobes = ellipsoid(Math.abs(x) - 18, y + 46, z + 31, 36, 34, 28);
    return smoothMax(smoothMax(surface[n]!, Math.max(roof, front), 4), lobes, 4);
  }, cavity);
  const core = field((_x, _y, _z, n) => whole[n]! + 9, whole);
  const branch = field((x, y, z) => 4 * shape.folia.at(x * 0.5, y, z), whole);
  const branchOver = field((_x, _y, _z, n) => branch[n]! - 0.9, whole);
  const branchUnder = field((_x, _y, _z, n) => -branch[n]! - 0.9, whole);
  const inner = field((_x, _y, _z, n) => whole[n]! + 3, whole);
  const fissure = field((x, y, z) => 4 * shape.folia.at(x * 0.5 + 50, y, z + 50), whole);
  const fissureOver = field((_x, _y, _z, n) => fissure[n]! - 0.45, whole);
  const fissureUnder = field((_x, _y, _z, n) => -fissure[n]! - 0.45, whole);
  const outer = field((_x, _y, _z, n) => -whole[n]! - 6, whole);
  const { cerebellarGrey, cerebellarWhite, csf } = HeadLabel;
  return [
    { label: cerebellarGrey, fields: [whole] },
    { label: cerebellarWhite, fields: [inner, branchOver, branchUnder] },
    { label: cerebellarWhite, fields: [core] },
    { label: csf, fields: [whole, outer, fissureOver, fissureUnder] },
  ];
}

function deepLayers({ shape, cavity, field }: Anatomy): Layer[] {
  const grey = (cx: number, cy: number, cz: number, rx: number, ry: number, rz: number): Layer => ({
    label: HeadLabel.deepGrey,
    fields: [field((x, y, z) => ellipsoid(Math.abs(x) - cx, y - cy, z - cz, rx, ry, rz), cavity, -8)],
  });
  const ventricles = field(
    (x, y, z) => {
      const v = side(shape.ventricles, x);
      const ax = Math.abs(x);
      const w = 4.6 * v;
      const horn = ellipsoid(ax - 5 - w, y - 22, z - 11 + 0.25 * (y - 22), w, 15, 8 * Math.sqrt(v));
      const body = ellipsoid(ax - 6 - w, y + 6, z - 17, w + 1, 28, 4.5 * v);
      const trigone = ellipsoid(ax - 22, y + 36, z - 8, 6 * v, 13, 8.5 * v);
      const temporal = ellipsoid(ax - 33, y + 16 - 0.2 * (z + 14), z + 14, 2.6 * v, 20, 3.2 * v);
      return smoothMin(smoothMin(horn, body, 6), smoothMin(trigone, temporal, 4), 8);
    },
    cavity,
    -8,
  );
  const third = field(
    (x, y, z) => ellipsoid(x, y + 10, z - 1, 2.4 * Math.max(...shape.ventricles), 14, 9),
    cavity,
    -8,
  );
  return [
    grey(27, 4, 2, 5.5, 17, 10),
    { ...grey(20, 0, 0, 4.5, 9, 6.5) },
    grey(11.5, -15, 4, 8.5, 14, 9),
    grey(16.5, 16, 9, 5, 12, 8.5),
    grey(27, -18, -19, 6.5, 17, 5),
    grey(24, 2, -17, 7, 8, 7),
    { label: HeadLabel.ventricle, fields: [ventricles] },
    { label: HeadLabel.ventricle, fields: [third] },
  ];
}

function stemLayers({ shape, skin, cavity, field }: Anatomy): Layer[] {
  const midbrain = taperedCapsule([0, -18, -4], [0, -17, -26], 12, 11);
  const medulla = taperedCapsule([0, -20, -34], [0, -25, -62], 9, 6.5);
  const cord = taperedCapsule([0, -25, -62], [0, -36, -150], 6.2, 5);
  const stem = field((x, y, z) => {
    const pons = ellipsoid(x, y + 13, z + 27, 16, 12, 13);
    const upper = smoothMin(midbrain(x, y, z), pons, 5);
    return Math.min(smoothMin(upper, medulla(x, y, z), 5), cord(x, y, z));
  }, skin);
  const fourth = field(
    (x, y, z) => ellipsoid(x, y + 31, z + 30, 8, 5 * Math.max(...shape.ventricles), 9),
    cavity,
  );
  const peduncle = taperedCapsule([6, -20, -28], [22, -40, -32], 6, 5);
  const peduncles = field((x, y, z) => peduncle(Math.abs(x), y, z), cavity);
  return [
    { label: HeadLabel.cerebellarWhite, fields: [peduncles] },
    { label: HeadLabel.ventricle, fields: [fourth] },
    { label: HeadLabel.brainStem, fields: [stem] },
  ];
}

/** The superior sagittal sinus, along the top of the cavity from the brow to the occiput. */
function veinLayers({ cavity, field }: Anatomy): Layer[] {
  const vein = field((x, y, z, n) => {
    const along = Math.max(y - 70, -6 - z + 0.1 * y);
    return Math.max(Math.sqrt(x * x + (cavity[n]! + 2) ** 2) - 4.2 - 0.02 * Math.max(0, -y), along);
  }, cavity);
  return [{ label: HeadLabel.venousBlood, fields: [vein, cavity] }];
}
