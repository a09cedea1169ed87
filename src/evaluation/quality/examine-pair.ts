import { MidashError } from "../../base/errors/index.ts";
import { lookAtHu, looksLikeCt } from "../../imaging/hounsfield/index.ts";
import {
  bodyMask,
  foregroundMask,
  gridAtSpacing,
  maskBytes,
  quantiles,
  resample,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import { bestShift, overlapOf } from "./alignment.ts";
import type { CaseFacts } from "./case-look.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { rounded, withoutNan } from "./image-facts.ts";

/** mm of the grid on which images are compared. */
const COARSE = 4;
/** Share of the body's voxels that may be NaN: single ones are taken for their background. */
const NAN_IN_BODY = 0.001;
/** Below it two bodies don't lie on each other: heads and pelves that fit are at 0.9 and more. */
const LEAST_DICE = 0.7;
/** mm by which the CT may lie off before the pair is bad, and before it is doubtful. */
const FAR = 12;
const OFF = 8;
/** Shares of slices below which the body is cut off. */
const FEW_SLICES = 0.8;
const MOST_SLICES = 0.97;
/** Correlation above which MR and CT are the same picture. Of real pairs it is below 0.8. */
const SAME_PICTURE = 0.97;

/** An image of a pair. */
export interface Shown {
  readonly name: string;
  /** On the grid of pictures. */
  readonly volume: Volume;
  /** As it was read. */
  readonly full: Volume;
  /** Its NaN and infinite voxels. */
  readonly nonFinite: number;
}

/** Writes down what was found. */
export type Find = (code: FindingCode, level: Finding["level"], what: string) => void;

/** What only an image by what it is for can say, and the two of a pair on each other. */
export function examinePair(
  mr: Shown | undefined,
  ct: Shown | undefined,
  mask: Volume | undefined,
  find: Find,
): Partial<CaseFacts> {
  const isHu = ct !== undefined && inHu(ct, mr, find);
  if (mr && !/ct/i.test(mr.name) && looksLikeCt(mr.volume))
    find("wrong-image", "bad", `${mr.name} has the values of a CT in HU`);
  const coarse = (volume: Volume, nearest = false) => {
    const grid = gridAtSpacing(volume, [COARSE, COARSE, COARSE]);
    return resample(volume, { like: grid, interpolation: nearest ? "nearest" : "linear", antialias: false });
  };
  const [a, b] = [mr && coarse(mr.volume), ct && coarse(ct.volume)];
  const within = mask && maskBytes(coarse(mask, true));
  const mrBody = mr && bodyIn(mr.name, a!, (one) => foregroundMask(one, { margin: 0 }), find);
  const ctBody = ct && isHu ? bodyIn(ct.name, b!, bodyMask, find) : undefined;
  const either = ctBody ?? mrBody;
  for (const shown of [mr, ct]) if (shown) findNan(shown, shown === mr ? a! : b!, either, find);
  const masked = (body: Volume) =>
    within ? body.with({ data: maskBytes(body).map((v, i) => v & within[i]!) }) : body;
  const facts: Partial<CaseFacts> = {
    ...(mrBody ? { mrLitres: litres(mrBody), ...contrastOf(a!, mrBody) } : {}),
    ...(ctBody
      ? { ctLitres: litres(ctBody), bodyHu: rounded(medianIn(b!, ctBody)), cutSlices: cutSlices(ctBody) }
      : {}),
  };
  if (!mrBody || !ctBody) return facts;
  const overlap = overlapOf(masked(mrBody), masked(ctBody));
  const { mm, gain } = bestShift(withoutNan(a!), withoutNan(b!));
  judgePlace(overlap, mm, find);
  return {
    ...facts,
    dice: rounded(overlap.dice),
    centres: rounded(overlap.centres),
    slicesWithMr: rounded(overlap.slicesWithMr),
    slicesWithCt: rounded(overlap.slicesWithCt),
    shift: gain > 0 ? (mm.map(rounded) as unknown as Triple) : [0, 0, 0],
  };
}

/** Whether the CT's values can be HU. */
function inHu(ct: Shown, mr: Shown | undefined, find: Find): boolean {
  if (mr && correlation(mr.volume, ct.volume) > SAME_PICTURE) {
    find(
      "wrong-image",
      "bad",
      `ct and ${mr.name} are the same picture, so one of them lies in the other's place`,
    );
    return false;
  }
  const doubt = lookAtHu(ct.volume, "ct");
  if (doubt) find("not-hu", "bad", `ct ${doubt.what}`);
  return !doubt;
}

function bodyIn(
  name: string,
  volume: Volume,
  find: (one: Volume) => Volume,
  report: Find,
): Volume | undefined {
  try {
    return find(volume);
  } catch (error) {
    if (!MidashError.is(error)) throw error;
    report("empty", "bad", `${name} shows nothing: ${error.what}`);
    return undefined;
  }
}

function findNan(
  { name, full, nonFinite }: Shown,
  coarse: Volume,
  body: Volume | undefined,
  find: Find,
): void {
  if (nonFinite === 0) return;
  const voxels = full.values();
  let nan = 0;
  for (let i = 0; i < voxels.length; i++) if (Number.isNaN(voxels[i]!)) nan++;
  const infinite = nonFinite - nan;
  if (infinite > 0) find("not-finite", "bad", `${name} holds ${infinite} infinite voxels`);
  if (infinite > 0) return;
  const [inside, values] = [body && maskBytes(body), coarse.values()];
  const all = inside ? inside.reduce((n, v) => n + v, 0) : values.length;
  const lost = values.reduce((n, v, i) => n + (Number.isNaN(v) && (!inside || inside[i]) ? 1 : 0), 0);
  const isBad = lost > NAN_IN_BODY * all;
  find(
    "not-finite",
    isBad ? "bad" : "doubtful",
    `${name} holds ${nan} voxels of NaN${isBad ? `, ${percent(lost / all)} of the body` : " outside the body"}`,
  );
}

function judgePlace(overlap: ReturnType<typeof overlapOf>, shift: Triple, find: Find): void {
  const { dice, centres, slicesWithMr, slicesWithCt } = overlap;
  const off = Math.hypot(...shift);
  for (const [share, lacking, having] of [
    [slicesWithMr, "MR", "CT"],
    [slicesWithCt, "CT", "MR"],
  ] as const)
    if (share < MOST_SLICES)
      find(
        "truncated",
        share < FEW_SLICES ? "bad" : "doubtful",
        `${lacking} ends early: it shows no body in ${percent(1 - share)} of the axial slices where the ${having} does`,
      );
  if (dice < LEAST_DICE)
    find("misaligned", "bad", `the bodies that MR and CT show overlap by ${dice.toFixed(2)} (Dice)`);
  if (off >= OFF)
    find(
      "misaligned",
      off >= FAR || centres >= OFF ? "bad" : "doubtful", // two witnesses count as one that is sure
      `CT lies ${off.toFixed(0)} mm off (${shift.map((mm) => mm.toFixed(0)).join(", ")} along R, A, S), by mutual information`,
    );
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function litres(mask: Volume): number {
  return rounded((maskBytes(mask).reduce((n, v) => n + v, 0) * mask.voxelMl) / 1000);
}

function valuesIn(volume: Volume, mask: Volume): Float32Array {
  const inside = maskBytes(mask);
  return volume.values().filter((v, i) => inside[i] && Number.isFinite(v));
}

function medianIn(volume: Volume, mask: Volume): number {
  return quantiles(valuesIn(volume, mask), [0.5])[0]!;
}

function contrastOf(volume: Volume, mask: Volume): Pick<CaseFacts, "mrContrast"> {
  const [middle, high] = quantiles(valuesIn(volume, mask), [0.5, 0.99]) as [number, number];
  return middle > 0 ? { mrContrast: rounded(high / middle) } : {};
}

/** Share of the axial slices with body in which it touches the left, right, front or back of the image. */
function cutSlices(mask: Volume): number {
  const [nx, ny, nz] = mask.shape;
  let [cut, all] = [0, 0];
  for (let k = 0; k < nz; k++) {
    const slice = mask.data.subarray(k * nx * ny, (k + 1) * nx * ny);
    if (!slice.includes(1)) continue;
    all++;
    const sides = slice.some((v, n) => {
      const [i, j] = [n % nx, Math.floor(n / nx)];
      return v > 0 && (i === 0 || j === 0 || i === nx - 1 || j === ny - 1);
    });
    if (sides) cut++;
  }
  return all > 0 ? rounded(cut / all) : 0;
}

/** Pearson's, over voxels that are finite in both. */
function correlation(one: Volume, other: Volume): number {
  const [a, b] = [one.values(), other.values()];
  let n = 0;
  let sa = 0;
  let sb = 0;
  let saa = 0;
  let sbb = 0;
  let sab = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (!Number.isFinite(x + y)) continue;
    n++;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const spread = Math.sqrt((saa - sa ** 2 / n) * (sbb - sb ** 2 / n));
  return spread > 0 ? (sab - (sa * sb) / n) / spread : 0;
}
