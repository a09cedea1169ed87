import { Random } from "../../base/random/index.ts";
import { randomWaves, type Waves } from "./waves.ts";

/** A number for each side: [right (x > 0), left]. */
export type Sides = readonly [number, number];

/**
 * What differs from head to head. Lengths in mm in the standard head, whose origin is the middle of the cranial cavity,
 * x to the right, y forward, z up; scaling turns them into the subject's.
 */
export interface HeadShape {
  /** Subject size over standard size, along x, y, z. */
  readonly scale: readonly [number, number, number];
  /** Rotation about x (nod), y (tilt) and z (turn), radians. */
  readonly rotation: readonly [number, number, number];
  /** Where the head's origin lies in the world, mm. */
  readonly translation: readonly [number, number, number];
  /** Smooth displacement, mm along x, y, z. */
  readonly deformation: readonly [Waves, Waves, Waves];
  readonly deformationSize: number;

  readonly skull: number;
  readonly skullVaries: Waves;
  readonly tables: readonly [outer: number, inner: number];
  readonly skin: number;
  readonly fat: number;
  readonly fatVaries: Waves;
  readonly temporalis: number;
  readonly fascia: Waves;

  readonly csf: number;
  readonly csfVaries: Waves;
  readonly folds: Waves;
  readonly foldWavelength: number;
  readonly sulcus: number;
  readonly sulcusDepth: Waves;
  readonly cortex: number;
  readonly folia: Waves;
  readonly ventricles: Sides;

  readonly frontalSinus: Sides;
  readonly maxillarySinus: Sides;
  readonly sphenoidSinus: Sides;
  readonly mastoid: Sides;
  readonly airCells: Waves;
  readonly airCellShare: number;
  readonly ethmoidWidth: number;
  readonly turbinates: Waves;
  readonly nose: number;
  readonly eyeRadius: Sides;
  readonly eyeShift: readonly [number, number, number];
}

/** Draws the shape of one head. The ranges are wide on purpose: a cohort must not be one head with noise. */
export function drawHeadShape(seed: number | string, subject: number): HeadShape {
  const draw = (name: string) => Random.fork(seed, `subject-${subject}/${name}`);
  const size = draw("size");
  const clamp = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));
  const overall = clamp(size.normal(0.975, 0.03), 0.91, 1.03);
  const stretch = (most: number) => clamp(overall * clamp(size.normal(1, 0.025), 0.95, 1.05), 0.9, most);
  const pose = draw("pose");
  const degrees = Math.PI / 180;
  const layers = draw("layers");
  const brain = draw("brain");
  const air = draw("air");
  const eyes = draw("eyes");
  const ventricle = brain.uniform(0.75, 1.5);
  const sinus = (low: number, high: number): Sides => {
    const both = air.uniform(low, high);
    return [both * air.uniform(0.85, 1.15), both * air.uniform(0.85, 1.15)];
  };
  const eye = eyes.uniform(11.4, 12.8);
  const foldWavelength = brain.uniform(18, 23);
  return {
    scale: [stretch(1.01), stretch(1.02), stretch(1.03)],
    rotation: [
      clamp(pose.normal(0, 3.5), -7, 7) * degrees,
      clamp(pose.normal(0, 2), -4, 4) * degrees,
      clamp(pose.normal(0, 3), -6, 6) * degrees,
    ],
    translation: [pose.uniform(-2, 2), pose.uniform(-3, 3), pose.uniform(-3, 2)],
    deformation: [
      randomWaves(draw("warp-x"), [70, 160], 6),
      randomWaves(draw("warp-y"), [70, 160], 6),
      randomWaves(draw("warp-z"), [70, 160], 6),
    ],
    deformationSize: layers.uniform(0.8, 1.6),
    skull: layers.uniform(5, 8.5),
    skullVaries: randomWaves(draw("skull"), [35, 90], 8),
    tables: [layers.uniform(1.5, 2.3), layers.uniform(1.2, 1.8)],
    skin: layers.uniform(1.5, 2.2),
    fat: layers.uniform(1.5, 5.5),
    fatVaries: randomWaves(draw("fat"), [40, 100], 8),
    temporalis: layers.uniform(4, 9),
    fascia: randomWaves(draw("fascia"), [18, 40], 10),
    csf: brain.uniform(1.3, 2.8),
    csfVaries: randomWaves(draw("csf"), [30, 70], 8),
    folds: randomWaves(draw("folds"), [foldWavelength * 0.85, foldWavelength * 1.15], 24),
    foldWavelength,
    sulcus: brain.uniform(0.35, 0.8),
    sulcusDepth: randomWaves(draw("sulci"), [25, 60], 8),
    cortex: brain.uniform(2.5, 3.2),
    folia: randomWaves(draw("folia"), [9, 12], 12),
    ventricles: [ventricle * brain.uniform(0.88, 1.12), ventricle * brain.uniform(0.88, 1.12)],
    frontalSinus: sinus(0.45, 1.2),
    maxillarySinus: sinus(0.75, 1.1),
    sphenoidSinus: sinus(0.6, 1.05),
    mastoid: sinus(0.6, 1.1),
    airCells: randomWaves(draw("cells"), [9, 14], 14),
    airCellShare: air.uniform(-0.1, 0.5),
    ethmoidWidth: air.uniform(10, 13),
    turbinates: randomWaves(draw("turbinates"), [14, 20], 10),
    nose: air.uniform(0.8, 1.15),
    eyeRadius: [eye * eyes.uniform(0.98, 1.02), eye * eyes.uniform(0.98, 1.02)],
    eyeShift: [eyes.uniform(-2, 2), eyes.uniform(-2, 2), eyes.uniform(-2, 2)],
  };
}
