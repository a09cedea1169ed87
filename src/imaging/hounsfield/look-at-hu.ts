import type { Warning, Where } from "../../base/errors/index.ts";
import { finiteValues, quantiles, type Volume } from "../../imaging/volume/index.ts";
import { AIR_HU } from "./air.ts";

/** HU below which a CT has air, or lung. */
const AIR_BELOW = -200;
/** Soft tissue, in HU either way of 0. */
const SOFT = 150;
/** What may have been added to HU, the most usual first: 1024 and 1000 make them positive, -1024 comes of a rescale done twice, 32768 of signed numbers read as unsigned ones. */
const OFFSETS = [1024, 1000, -1024, 32768] as const;
/** Voxels of exactly 0 HU above which 0 is what a volume was filled with: of the voxels of a measured or synthesised CT some 2 % are. */
const FILLED = 0.2;

/** What a volume looks like that was taken for a CT in HU. */
type Looks =
  | { readonly like: "hu" }
  | { readonly like: "offset"; readonly offset: number; readonly air: number }
  | { readonly like: "unit range" | "8 bit" | "dense" | "no air" | "no tissue" | "water"; readonly low: number; readonly high: number };

/**
 * Looks whether values that are taken for HU may be HU: a CT has air near -1000 and soft tissue near 0. A look at the values alone, so it is for volumes whose
 * file does not say their unit, and its answer is a doubt, no error. Padding below air is no reason for one.
 *
 * @param where whose values they are: a file, case or option
 * @returns the doubt, with what the values look like and the way on; undefined where there is none
 */
export function lookAtHu(volume: Volume, where: Where): Warning | undefined {
  const looks = looksOf(volume);
  const what = WORDS[looks.like]?.(looks as never);
  if (what === undefined) return undefined;
  return { code: "not-hu", where, what, hint: wayOn(looks) };
}

/** Whether the values, of no known unit, are those of a CT: air for a good part, soft tissue about 0, and little between them, where no tissue but lung and fat's rim has its values. */
export function looksLikeCt(volume: Volume): boolean {
  const { finite } = finiteValues(volume);
  const [air, between, soft] = [share(finite, -4096, -500), share(finite, -700, -300), share(finite, -SOFT, SOFT)];
  return air > 0.05 && soft > 0.03 && between < 0.5 * soft;
}

function looksOf(volume: Volume): Looks {
  const { finite } = finiteValues(volume);
  if (finite.length === 0) return { like: "hu" };
  const [low, high] = quantiles(finite, [0.0005, 0.9995]) as [number, number];
  if (low === high) return { like: "hu" }; // nothing to look at
  const end = { low, high };
  if (low >= -1.01 && high <= 1.01) return { like: "unit range", ...end };
  for (const offset of OFFSETS) {
    if (hasBody(finite, 0)) break;
    if (hasBody(finite, offset)) return { like: "offset", offset: nearest(finite, offset), air: airOf(finite, offset) };
  }
  if (low >= 500) return { like: "dense", ...end };
  if (low > AIR_BELOW) return { like: low >= 0 && high <= 255 ? "8 bit" : "no air", ...end };
  if (high < AIR_BELOW) return { like: "no tissue", ...end };
  return share(finite, 0, 0) > FILLED ? { like: "water", ...end } : { like: "hu" };
}

/** Whether the values, less the offset, have air and soft tissue where HU have them. */
function hasBody(values: Float32Array, offset: number): boolean {
  const air = share(values, offset + AIR_HU - 100, offset - 500);
  return air > 0.01 && share(values, offset - SOFT, offset + SOFT) > 0.03;
}

/** Of 1024 and 1000, which can't be told apart by tissue, the one that air speaks for. */
function nearest(values: Float32Array, offset: number): number {
  if (offset !== 1024 && offset !== 1000) return offset;
  return airOf(values, offset) < 12 ? 1000 : 1024;
}

/** The median of what would be air. */
function airOf(values: Float32Array, offset: number): number {
  const air = values.filter((v) => v < offset - 700 && v > offset - 1100);
  return air.length > 0 ? quantiles(air, [0.5])[0]! : Number.NaN;
}

function share(values: Float32Array, low: number, high: number): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! >= low && values[i]! <= high) n++;
  return n / values.length;
}

type Words = { readonly [L in Looks["like"]]?: (looks: Extract<Looks, { like: L }>) => string };

const WORDS: Words & Readonly<Record<string, ((looks: never) => string) | undefined>> = {
  offset: ({ offset, air }) =>
    `does not look like HU but like HU ${offset > 0 ? "+" : "-"} ${Math.abs(offset)}: air is at ${air.toFixed(0)}, not near -1000`,
  "unit range": ({ low, high }) =>
    `does not look like HU but normalised: all values are from ${low.toFixed(2)} to ${high.toFixed(2)}`,
  "8 bit": ({ low, high }) =>
    `does not look like HU but like an 8-bit picture or an MR: all values are from ${low.toFixed(0)} to ${high.toFixed(0)}, and air is near -1000`,
  dense: ({ low }) =>
    `does not look like HU: all values are above ${low.toFixed(0)}, which would be bone everywhere, and air is near -1000`,
  "no air": ({ low }) =>
    `hardly looks like HU: no value is below ${low.toFixed(0)}, and air is near -1000 (an MR, another scale, or a part without air?)`,
  "no tissue": ({ high }) =>
    `does not look like HU: all values are below ${high.toFixed(0)}, which would be air and lung, and soft tissue is near 0`,
  water: () => "looks like HU that were filled with 0, which is water, where there is no image",
};

function wayOn(looks: Looks): Warning["hint"] {
  if (looks.like === "water") return [["fill with air where you resample: ", { option: "fill" }, " -1024"]];
  const offset = looks.like === "offset" ? -looks.offset : undefined;
  return [
    offset === undefined
      ? ["bring it to HU by ", { option: "rescale" }]
      : ["bring it to HU by ", { option: "rescale" }, ` 1,${offset}`],
    ["say that it is in HU by ", { option: "unit" }, " HU"],
  ];
}
