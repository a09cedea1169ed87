import { assert, type Where } from "../../base/errors/index.ts";
import { HU_WINDOWS, type HuWindow } from "../hounsfield/index.ts";
import { percentiles, type Volume } from "../volume/index.ts";

/** A window of HU: a name of `HU_WINDOWS`, or width and level. */
export type NamedHuWindow = keyof typeof HU_WINDOWS | HuWindow;

/** What is black and what is white: a window of HU, the values themselves, or percentiles of the volume, for images without a unit. */
export type DisplayWindow =
  | NamedHuWindow
  | { readonly low: number; readonly high: number }
  | { readonly percentiles: readonly [low: number, high: number] };

/** From air to cortical bone. */
export const WIDE_WINDOW: HuWindow = { width: 2000, level: 300 };

/** HU at black and white. */
export function windowRange(window: NamedHuWindow, where: Where): readonly [low: number, high: number] {
  const named = typeof window === "string" ? HU_WINDOWS[window] : window;
  assert(
    named && named.width > 0 && Number.isFinite(named.width) && Number.isFinite(named.level),
    `window must be ${Object.keys(HU_WINDOWS).join(", ")} or a positive width and a level`,
    { where },
  );
  return [named.level - named.width / 2, named.level + named.width / 2];
}

/** From black to white on an MR: its 0.5 and 99.5 percentiles, as MR has no unit. */
export function mrRange(mr: Volume, shares: readonly [number, number] = [0.5, 99.5]) {
  const [low, high] = percentiles(mr, shares) as [number, number];
  return [low, high > low ? high : low + 1] as const;
}

/**
 * The values at black and white. Default: width 2000 and level 300 of a volume in HU, the 0.5 and 99.5 percentiles of any other. Percentiles look at every voxel: for many
 * slices of one volume ask once, and give `sliceImage` what comes of it.
 *
 * @example
 * const window = displayWindow(mr);
 * for (let index = 0; index < mr.shape[2]; index++) show(sliceImage(mr, { index, window }));
 *
 * @throws MidashError `invalid-argument` for an impossible window
 */
export function displayWindow(
  volume: Volume,
  window: DisplayWindow = volume.unit === "HU" ? WIDE_WINDOW : { percentiles: [0.5, 99.5] },
): { readonly low: number; readonly high: number } {
  const where = { call: "displayWindow", option: "window" };
  if (typeof window === "object" && "low" in window) {
    assert(Number.isFinite(window.high - window.low) && window.low < window.high, "needs low < high", {
      where,
    });
    return window;
  }
  const percents = typeof window === "object" && "percentiles" in window;
  const [low, high] = percents ? mrRange(volume, window.percentiles) : windowRange(window, where);
  return { low, high };
}
