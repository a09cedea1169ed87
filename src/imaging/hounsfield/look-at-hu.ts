import type { Warning, Where } from "../../base/errors/index.ts";
import { finiteValues, quantiles, type Volume } from "../../imaging/volume/index.ts";
import { AIR_HU } from "./air.ts";

/** HU below which a CT has air, or lung. */
const AIR_BELOW = -200;
/** Soft tissue, in HU either way of 0. */
const SOFT = 150;
/** What may have been added to HU, the most usual first: 1024 (or 1000) makes them positive, -1024 comes of a rescale done twice, 32768 of signed numbers read as unsigned ones. */
const OFFSETS = [1024, -1024, 32768];
/** Voxels of exactly 0 HU above which 0 is what a volume was filled with: of the voxels of a measured or synthesised CT some 2 % are. */
const FILLED = 0.2;

/** A CT by what it is used for, whose file may not say so: in HU, and marked where that was assumed, so that {@link doubtHu} looks at it. */
export function takenForHu(volume: Volume): Volume {
  if (volume.unit === "HU") return volume;
  const { meta } = volume;
  return volume.with({ unit: "HU", meta: volume.unit === "unknown" ? { ...meta, unitAssumed: true } : meta });
}

/** {@link lookAtHu} for volumes whose unit was assumed ({@link takenForHu}); a file or caller that says HU is believed. */
export function doubtHu(volume: Volume, where: Where): Warning | undefined {
  return volume.meta.unitAssumed === true ? lookAtHu(volume, where) : undefined;
}

/**
 * Looks whether values that are taken for HU may be HU: a CT has air near -1000 and soft tissue near 0. A look at the values alone, so it is for volumes whose
 * file does not say their unit, and its answer is a doubt, no error. Padding below air is no reason for one.
 *
 * @param where whose values they are: a file, case or option
 * @returns the doubt, with what the values look like and the way on; undefined where there is none
 */
export function lookAtHu(volume: Volume, where: Where): Warning | undefined {
  const { finite } = finiteValues(volume);
  if (finite.length === 0) return undefined;
  const [low, high] = quantiles(finite, [0.0005, 0.9995]) as [number, number];
  if (low === high) return undefined; // there is nothing to look at
  const notHu = (what: string, map = "SLOPE,INTERCEPT"): Warning => ({
    code: "not-hu",
    where,
    what,
    hint: [
      ["bring it to HU by ", { option: "scaling" }, ` ${map}`],
      ["set its ", { option: "unit" }, " to HU if it is in HU"],
    ],
  });
  if (low >= -1.01 && high <= 1.01)
    return notHu(
      `does not look like HU but normalised: its values are from ${low.toFixed(2)} to ${high.toFixed(2)}`,
    );
  const range = `its values are from ${low.toFixed(0)} to ${high.toFixed(0)}, and air is near ${AIR_HU} HU`;
  const offset = OFFSETS.find((one) => (one < 0 || low > AIR_BELOW) && hasBody(finite, one, low));
  if (offset !== undefined) {
    const found = offset === 1024 && airOf(finite, offset) < 12 ? 1000 : offset; // tissue can't tell these two apart, air can
    const words = `${found > 0 ? "+" : "-"} ${Math.abs(found)}`;
    return notHu(`does not look like HU but like HU ${words}: ${range}`, `1,${-found}`);
  }
  if (low >= 500) return notHu(`does not look like HU, it would be bone everywhere: ${range}`);
  if (low >= 0 && high <= 255)
    return notHu(`does not look like HU but like a picture of 8 bits, or an MR: ${range}`);
  if (low > AIR_BELOW)
    return notHu(`hardly looks like HU, it would be without air (an MR, or another scale?): ${range}`);
  if (high < AIR_BELOW) return notHu(`does not look like HU, it would be air everywhere: ${range}`);
  if (share(finite, 0, 0) <= FILLED) return undefined;
  return {
    code: "not-hu",
    where,
    what: "looks like HU that were filled with 0, which is water, where there was no image",
    hint: "resample the CT again with its unit HU, which fills with air",
  };
}

/**
 * Whether the values, of no known unit, are those of a CT: some far below 0, more of them near air than between air and tissue, and soft tissue about 0. Of an MR
 * with a negative rim, by interpolation, few are below -500; of one that was shifted, tissue lies between.
 */
export function looksLikeCt(volume: Volume): boolean {
  const { finite } = finiteValues(volume);
  const soft = share(finite, -SOFT, SOFT);
  const far = share(finite, -4096, -500);
  return (
    far > 0.001 &&
    far > 0.5 * share(finite, -500, AIR_BELOW) &&
    soft > 0.03 &&
    share(finite, -700, -300) < 0.5 * soft
  );
}

/**
 * Whether the values, less the offset, have air and soft tissue where HU have them. Enough of the latter that it is not bone: by 1024 less a brain would be air
 * and its skull soft tissue. One value alone far below air is padding, as scanners write around a round field of view.
 */
function hasBody(values: Float32Array, offset: number, low: number): boolean {
  const padding = low < AIR_HU - 100 && low !== AIR_HU + offset ? share(values, low, low) : 0;
  const air = share(values, offset + AIR_HU - 100, offset - 500) - padding;
  return air > 0.01 && share(values, offset - SOFT, offset + SOFT) > Math.max(0.03, 0.1 * air);
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
