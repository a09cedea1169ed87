import { distanceTo, type Triple } from "../../imaging/volume/index.ts";

/** mL: from a small child's brain to a large adult's. */
const BRAIN = [700, 2200] as const;
/** Less of it than this, in mL, is no brain that was cut off by the image's border. */
const PIECE = 150;
/** No brain lies nearer than this, in mm, under the head's surface. */
const SKIN = 4;
/** Share of a brain's voxels that may lie nearer. */
const AT_SKIN = 0.03;
/** mL of bone over mL of brain, at least: a skull's is 0.25 to 0.5. */
const BONE = 0.08;
/** Mean probability of the classes chosen within the head, below which the image is unlike those of training. */
const SURE = 0.6;
/**
 * Share of the variance within the skull that CSF, grey and white matter explain, at least. Four real T1 had 0.41 to 0.73; blocks, meat, a knee and an abdomen, in which a network
 * that knows nothing but heads sees heads, 0.08 to 0.30, and a T2 whose classes were wrong 0.04.
 */
const EXPLAINED = 0.35;

/** What a network made of an image, on one grid in RAS order. */
export interface Seen {
  readonly shape: Triple;
  readonly spacing: Triple;
  readonly brain: Uint8Array;
  /** 1 in the head, air cavities included. */
  readonly head: Uint8Array;
  readonly bone: Uint8Array;
  readonly eyes: Uint8Array;
  /** Probability of the most probable class. */
  readonly sureness: Float32Array;
  /** Brightness of the MR. */
  readonly image: Float32Array;
  /** 1 CSF, 2 grey, 3 white matter, 0 outside the skull. */
  readonly tissue: Uint8Array;
}

/** What was found. */
export interface Judgement {
  readonly brainMl: number;
  /** Why it can't be a head, if it can't. */
  readonly impossible: string | undefined;
  /** Sentences. */
  readonly warnings: readonly string[];
}

/** Whether what a network made of an image is a head. */
export function plausible(seen: Seen): Judgement {
  const { shape, spacing, brain, head, bone, eyes, sureness, image, tissue } = seen;
  const mL = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  const brainMl = mL * count(brain);
  const cut = touchesBorder(brain, shape);
  const says = `the brain that it shows would be of ${brainMl.toFixed(0)} mL`;
  const warnings: string[] = [];
  const impossible =
    brainMl < PIECE
      ? "no brain was found in it"
      : !cut && (brainMl < BRAIN[0] || brainMl > BRAIN[1])
        ? says
        : count(bone) < BONE * count(brain) && count(head) > 1.3 * count(brain)
          ? `${says} with ${(mL * count(bone)).toFixed(0)} mL of bone around it`
          : undefined;
  if (impossible) return { brainMl, impossible, warnings };
  if (brainMl < BRAIN[0] || brainMl > BRAIN[1])
    warnings.push(
      `The brain is of ${brainMl.toFixed(0)} mL${brainMl < BRAIN[0] ? ": the image ends within it" : ", more than a brain has"}.`,
    );
  const stripped = count(head) < 1.3 * count(brain);
  if (stripped)
    warnings.push(
      "The image shows a brain without its skull (skull-stripped): there is no skull to make a CT of.",
    );
  else {
    const depth = distanceTo(head, 0, shape, spacing);
    let near = 0;
    for (let n = 0; n < depth.length; n++) if (brain[n] && depth[n]! < SKIN) near++;
    if (near > AT_SKIN * count(brain))
      warnings.push(
        `${((100 * near) / count(brain)).toFixed(0)} % of the brain lies right under the skin: it was mistaken for something else there.`,
      );
  }
  let sure = 0;
  for (let n = 0; n < head.length; n++) if (head[n]) sure += sureness[n]!;
  sure /= Math.max(1, count(head));
  if (sure < SURE)
    warnings.push(
      `The model is not sure of what it sees (mean probability ${sure.toFixed(2)}): look at the result.`,
    );
  const explained = varianceExplained(image, tissue);
  if (explained < EXPLAINED)
    warnings.push(
      `Where CSF, grey and white matter were found they hardly differ in brightness (${(100 * explained).toFixed(0)} % of the variance): the image shows no head, or the classes are wrong.`,
    );
  if (count(eyes) * mL > 1) {
    const [eye, middle] = [centre(eyes, shape), centre(brain, shape)];
    if (eye[1] < middle[1] || eye[2] > middle[2])
      warnings.push("The eyes lie behind or above the brain's middle: check the file's orientation.");
  }
  return { brainMl, impossible, warnings };
}

function count(mask: Uint8Array): number {
  let sum = 0;
  for (let n = 0; n < mask.length; n++) sum += mask[n]!;
  return sum;
}

function touchesBorder(mask: Uint8Array, [nx, ny, nz]: Triple): boolean {
  let touching = 0;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        if (mask[n] && (i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1))
          touching++;
  return touching > 50;
}

function centre(mask: Uint8Array, [nx, ny]: Triple): Triple {
  let [x, y, z, n] = [0, 0, 0, 0];
  for (let v = 0; v < mask.length; v++)
    if (mask[v]) {
      n++;
      x += v % nx;
      y += Math.floor(v / nx) % ny;
      z += Math.floor(v / (nx * ny));
    }
  return [x / n, y / n, z / n];
}

/** Variance between the classes over that of all. */
function varianceExplained(image: Float32Array, tissue: Uint8Array): number {
  const number = [0, 0, 0, 0];
  const sum = [0, 0, 0, 0];
  let squares = 0;
  for (let n = 0; n < tissue.length; n++) {
    const t = tissue[n]!;
    if (t === 0) continue;
    number[t]!++;
    sum[t]! += image[n]!;
    squares += image[n]! ** 2;
  }
  const all = number.reduce((a, b) => a + b, 0);
  const middle = sum.reduce((a, b) => a + b, 0) ** 2 / Math.max(1, all);
  const between =
    [1, 2, 3].reduce((total, t) => total + (number[t]! > 0 ? sum[t]! ** 2 / number[t]! : 0), 0) - middle;
  const whole = squares - middle;
  return whole > 0 ? between / whole : 0;
}
