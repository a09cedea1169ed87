import { type Anatomy, side } from "./anatomy.ts";
import { ellipsoid, smoothMin, smoothStep, taperedCapsule } from "./implicit.ts";
import type { Layer } from "./painted-layers.ts";
import { HeadLabel } from "./tissues.ts";

/** Scalp, face and skull: everything outside the cranial cavity, in painting order. */
export function outsideLayers(anatomy: Anatomy): Layer[] {
  return [...softLayers(anatomy), ...skullLayers(anatomy), ...sinusLayers(anatomy), ...orbitLayers(anatomy)];
}

function softLayers({ shape, skin, field }: Anatomy): Layer[] {
  const fatFrom = field((_x, _y, _z, n) => skin[n]! + shape.skin, skin);
  // The face and neck carry more fat under the skin than the scalp.
  const muscle = field((x, y, z, n) => {
    const lower = 1 - smoothStep(-60, -20, z);
    const local = shape.fat * (1 + 0.35 * shape.fatVaries.at(x, y, z)) * (1 + 0.3 * lower);
    return skin[n]! + shape.skin + Math.min(8, Math.max(0.8, local));
  }, skin);
  const deep = field((_x, y, z, n) => Math.max(z + 12 - 0.1 * y, skin[n]! + 8), skin);
  const fascia = field((x, y, z) => 7 * shape.fascia.at(x, y, z), deep);
  const above = field((_x, _y, _z, n) => fascia[n]! - 1.2, deep);
  const below = field((_x, _y, _z, n) => -fascia[n]! - 1.2, deep);
  return [
    { label: HeadLabel.skin, fields: [skin] },
    { label: HeadLabel.fat, fields: [fatFrom] },
    { label: HeadLabel.muscle, fields: [muscle] },
    { label: HeadLabel.fat, fields: [deep, above, below] },
  ];
}

function skullLayers({ shape, skin, bone, cavity, field }: Anatomy): Layer[] {
  const [outer, inner] = shape.tables;
  // The frontal bone bulges where its sinuses are.
  const whole = field((x, y, z, n) => {
    const brow = side(shape.frontalSinus, x);
    return smoothMin(bone[n]!, ellipsoid(Math.abs(x) - 12, y - 79, z + 12, 14 + 8 * brow, 9, 12), 6);
  }, skin);
  const innerTable = field((_x, _y, _z, n) => inner - cavity[n]!, skin);
  const outerTable = field((_x, _y, _z, n) => bone[n]! + outer, skin);

  const sphenoid = field((x, y, z) => ellipsoid(x, y - 14, z + 36, 20, 22, 14), skin);
  const sphenoidMarrow = field((_x, _y, _z, n) => sphenoid[n]! + 2, skin);
  const clivus = taperedCapsule([0, 0, -30], [0, -10, -62], 7, 5);
  const clivusBone = field((x, y, z) => clivus(x, y, z), skin);
  const clivusMarrow = field((x, y, z) => clivus(x, y, z) + 2, skin);
  const petrous = taperedCapsule([60, -28, -42], [16, -2, -38], 13, 6);
  const petrousBone = field((x, y, z) => petrous(Math.abs(x), y, z), skin);
  const canal = taperedCapsule([85, -14, -38], [48, -16, -38], 3, 3);
  const earCanal = field((x, y, z, n) => Math.max(canal(Math.abs(x), y, z), skin[n]!), skin);
  const mastoid = field((x, y, z) => {
    const k = 0.7 + 0.3 * side(shape.mastoid, x);
    return ellipsoid(Math.abs(x) - 55, y + 34, z + 52, 14 * k, 17 * k, 20 * k);
  }, skin);

  const arch1 = taperedCapsule([42, 66, -54], [64, 34, -47], 6, 3.4);
  const arch2 = taperedCapsule([64, 34, -47], [63, -4, -42], 3.4, 3);
  const zygoma = field((x, y, z) => {
    const ax = Math.abs(x);
    return Math.min(arch1(ax, y, z), arch2(ax, y, z));
  }, skin);
  const jaw1 = taperedCapsule([55, 0, -44], [50, 4, -95], 5, 7);
  const jaw2 = taperedCapsule([50, 4, -95], [14, 72, -125], 7, 8);
  const mandible = field((x, y, z) => {
    const ax = Math.abs(x);
    return Math.min(jaw1(ax, y, z), jaw2(ax, y, z));
  }, skin);
  const mandibleMarrow = field((_x, _y, _z, n) => mandible[n]! + 2.2, skin);
  const palate = field((x, y, z) => ellipsoid(x, y - 46, z + 92, 28, 38, 8), skin);
  const palateMarrow = field((_x, _y, _z, n) => palate[n]! + 2.5, skin);
  const ring = field((x, y, z) => {
    const r = Math.sqrt(x * x + 0.8 * (y + 34) ** 2);
    return Math.max(Math.abs(r - 23) - 7, Math.abs(z + 88) - 8);
  }, skin);
  const ringMarrow = field((_x, _y, _z, n) => ring[n]! + 2.2, skin);
  const { corticalBone, diploe, denseBone } = HeadLabel;
  return [
    { label: corticalBone, fields: [mandible] },
    { label: diploe, fields: [mandibleMarrow] },
    { label: corticalBone, fields: [ring] },
    { label: diploe, fields: [ringMarrow] },
    { label: corticalBone, fields: [palate] },
    { label: diploe, fields: [palateMarrow] },
    { label: corticalBone, fields: [zygoma] },
    { label: corticalBone, fields: [mastoid] },
    { label: corticalBone, fields: [sphenoid] },
    { label: diploe, fields: [sphenoidMarrow] },
    { label: corticalBone, fields: [clivusBone] },
    { label: diploe, fields: [clivusMarrow] },
    { label: corticalBone, fields: [whole] },
    { label: diploe, fields: [innerTable, outerTable] },
    { label: denseBone, fields: [petrousBone] },
    { label: HeadLabel.innerAir, fields: [earCanal] },
    ...airCellLayers({ shape, skin, field }, mastoid),
  ];
}

/** Mastoid cells: air and thin walls, within the mastoid's cortex. */
function airCellLayers(
  { shape, skin, field }: Pick<Anatomy, "shape" | "skin" | "field">,
  mastoid: Float32Array,
): Layer[] {
  const within = field((_x, _y, _z, n) => mastoid[n]! + 2.5, skin);
  const cells = field((x, y, z) => shape.airCells.at(x, y, z) - 0.3 - shape.airCellShare, within);
  return [{ label: HeadLabel.innerAir, fields: [within, cells] }];
}

function sinusLayers({ shape, skin, cavity, field }: Anatomy): Layer[] {
  const { corticalBone, mucosa, innerAir } = HeadLabel;
  const wet = (air: Float32Array) => field((_x, _y, _z, n) => air[n]! - 1.3, skin);
  const walled = (air: Float32Array) => field((_x, _y, _z, n) => air[n]! - 3.2, skin);

  const maxillary = field((x, y, z) => {
    const k = side(shape.maxillarySinus, x);
    return ellipsoid(Math.abs(x) - 26, y - 56, z + 68, 12.5 * k, 15 * k, 15 * k);
  }, skin);
  const sphenoidal = field((x, y, z) => {
    const k = side(shape.sphenoidSinus, x);
    return ellipsoid(Math.abs(x) - 8.5, y - 22, z + 38, 7.5 * k, 12 * k, 8.5 * k);
  }, skin);
  // Frontal sinuses stay a table's width away from the brain.
  const frontal = field((x, y, z, n) => {
    const k = side(shape.frontalSinus, x);
    const air = ellipsoid(Math.abs(x) - 3 - 8 * k, y - 83, z + 13, 2 + 8 * k, 5, 3 + 9 * k);
    return Math.max(air, 2 - cavity[n]!, skin[n]! + 6.5);
  }, skin);
  const ethmoid = field((x, y, z, n) => {
    const w = shape.ethmoidWidth;
    return Math.max(ellipsoid(x, y - 56, z + 39, w, 22, 13), 2.5 - cavity[n]!, skin[n]! + 9);
  }, skin);
  const septa = field((x, y, z) => 9 * shape.airCells.at(y, z, x), ethmoid);
  const septaA = field((_x, _y, _z, n) => septa[n]! - 1.1, ethmoid);
  const septaB = field((_x, _y, _z, n) => -septa[n]! - 1.1, ethmoid);
  const nasal = field((x, y, z, n) => Math.max(ellipsoid(x, y - 56, z + 68, 13, 34, 20), skin[n]! + 7), skin);
  const turbinate = field((x, y, z) => 5 * shape.turbinates.at(x, y, z), nasal);
  const folds = field((_x, _y, _z, n) => turbinate[n]! - 1.5, nasal);
  const foldsBack = field((_x, _y, _z, n) => -turbinate[n]! - 1.5, nasal);
  const throat = taperedCapsule([0, 20, -66], [0, 10, -130], 8, 9);
  const pharynx = field((x, y, z) => throat(x, y, z), skin);
  const septumR = field((x, _y, _z) => x - 1.2, skin);
  const septumL = field((x, _y, _z) => -x - 1.2, skin);

  return [
    { label: mucosa, fields: [wet(pharynx)] },
    { label: innerAir, fields: [pharynx] },
    { label: corticalBone, fields: [walled(nasal)] },
    { label: mucosa, fields: [wet(nasal)] },
    { label: innerAir, fields: [nasal, folds, foldsBack] },
    { label: mucosa, fields: [nasal, septumR, septumL] },
    { label: corticalBone, fields: [walled(maxillary)] },
    { label: mucosa, fields: [wet(maxillary)] },
    { label: innerAir, fields: [maxillary] },
    { label: corticalBone, fields: [walled(ethmoid)] },
    { label: innerAir, fields: [ethmoid] },
    { label: mucosa, fields: [ethmoid, septaA, septaB] },
    { label: mucosa, fields: [wet(sphenoidal)] },
    { label: innerAir, fields: [sphenoidal] },
    { label: innerAir, fields: [frontal] },
  ];
}

/** Orbits: a bony cone that opens forward, fat, eyeball with lens, muscles, optic nerve. Painted after the sinuses. */
function orbitLayers({ shape, skin, field }: Anatomy): Layer[] {
  const [sx, sy, sz] = shape.eyeShift;
  const cone = taperedCapsule([13, 26, -31], [31 + sx, 74 + sy, -37 + sz], 4, 18);
  const orbit = field((x, y, z) => cone(Math.abs(x), y, z), skin);
  // The rim runs back to the side, so the globe is bare laterally.
  const rim = (x: number, y: number) => y - 82 + 0.35 * Math.max(0, Math.abs(x) - 24);
  const shell = field((x, y, _z, n) => Math.max(orbit[n]! - 2.6, rim(x, y), skin[n]! + 4), skin);
  const content = field((_x, _y, _z, n) => Math.max(orbit[n]!, skin[n]! + 3), skin);
  const eyeX = 31 + sx;
  const eyeY = 72 + sy;
  const eyeZ = -37 + sz;
  const globe = field((x, y, z) => {
    const r = side(shape.eyeRadius, x);
    return Math.sqrt((Math.abs(x) - eyeX) ** 2 + (y - eyeY) ** 2 + (z - eyeZ) ** 2) - r;
  }, skin);
  const vitreous = field((_x, _y, _z, n) => globe[n]! + 1.2, skin);
  const lens = field((x, y, z) => ellipsoid(Math.abs(x) - eyeX, y - eyeY - 8, z - eyeZ, 5, 2.4, 5), skin);
  const nerve = taperedCapsule([13, 27, -31], [eyeX, eyeY - 10, eyeZ], 2.4, 2.4);
  const opticNerve = field((x, y, z) => nerve(Math.abs(x), y, z), skin);
  const stick = (dx: number, dz: number) =>
    taperedCapsule([14, 30, -31], [eyeX + dx, eyeY - 3, eyeZ + dz], 1.6, 2.4);
  const recti = [stick(11, 0), stick(-11, 0), stick(0, 11), stick(0, -11)];
  const muscles = field((x, y, z) => Math.min(...recti.map((rectus) => rectus(Math.abs(x), y, z))), skin);
  return [
    { label: HeadLabel.corticalBone, fields: [shell] },
    { label: HeadLabel.fat, fields: [content] },
    { label: HeadLabel.muscle, fields: [muscles, content] },
    { label: HeadLabel.opticNerve, fields: [opticNerve, content] },
    { label: HeadLabel.muscle, fields: [globe] },
    { label: HeadLabel.vitreous, fields: [vitreous] },
    { label: HeadLabel.lens, fields: [lens] },
  ];
}
