import { blueWhiteRed, greys, heat, labelColours, mrRange } from "../../imaging/display/index.ts";
import { niceTicks } from "./colour-bar.ts";
import { Palette } from "./palette.ts";
import type { Panel } from "./panel-png.ts";
import type { RasCase } from "./ras-case.ts";
import { difference } from "./tile.ts";

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
