import { assert, type Where } from "../../base/errors/index.ts";
import { HU_WINDOWS, type HuWindow } from "../../imaging/hounsfield/index.ts";
import { percentiles, type Volume } from "../../imaging/volume/index.ts";
import { niceTicks } from "./colour-bar.ts";
import { blueWhiteRed, greys, heat } from "./colour-maps.ts";
import { labelColours } from "./label-colours.ts";
import { Palette } from "./palette.ts";
import type { RasCase } from "./ras-case.ts";
import type { Panel } from "./slice-image.ts";
import { difference } from "./tile.ts";

/** HU at black and white. */
export function windowRange(
  window: keyof typeof HU_WINDOWS | HuWindow,
  where: Where,
): readonly [low: number, high: number] {
  const named = typeof window === "string" ? HU_WINDOWS[window] : window;
  assert(
    named && named.width > 0 && Number.isFinite(named.width) && Number.isFinite(named.level),
    `window must be ${Object.keys(HU_WINDOWS).join(", ")} or a positive width and a level`,
    { where },
  );
  return [named.level - named.width / 2, named.level + named.width / 2];
}

/** From black to white on an MR: its 0.5 and 99.5 percentiles, as MR has no unit. */
export function mrRange(mr: Volume): readonly [low: number, high: number] {
  const [low, high] = percentiles(mr, [0.5, 99.5]) as [number, number];
  return [low, high > low ? high : low + 1];
}

/** What there is of MR, sCT, CT, error, classes and uncertainty, in this order. */
export function panelsOf(
  shown: RasCase,
  [low, high]: readonly [low: number, high: number],
  errorLimit: number,
): Panel[] {
  const { mr, sct, ct, classes, uncertainty } = shown;
  const panels: Panel[] = [];
  if (mr) {
    const range = mrRange(mr);
    const palette = new Palette(greys(...range), ...range);
    panels.push({ title: "MR", unit: "arbitrary units", volume: mr, palette, ticks: niceTicks(...range, 5) });
  }
  const hu = {
    unit: "HU",
    palette: new Palette(greys(low, high), low, high),
    ticks: niceTicks(low, high, 4),
  };
  if (sct) panels.push({ title: "sCT", volume: sct, ...hu });
  if (ct) panels.push({ title: "CT", volume: ct, ...hu });
  if (sct && ct)
    panels.push({
      title: "Error: sCT − CT",
      unit: "HU",
      volume: difference(sct, ct),
      palette: new Palette(blueWhiteRed(errorLimit), -errorLimit, errorLimit),
      ticks: [-errorLimit, 0, errorLimit],
    });
  if (classes) {
    const { volume, names } = classes;
    const palette = new Palette(labelColours, 0, Math.max(1, names.length - 1));
    panels.push({ title: "Classes", unit: `${names.length} labels`, volume, palette, ticks: [], names });
  }
  if (uncertainty)
    panels.push({
      title: "Uncertainty",
      unit: "HU",
      volume: uncertainty,
      palette: new Palette(heat(errorLimit), 0, errorLimit),
      ticks: [0, errorLimit / 2, errorLimit],
    });
  return panels;
}
