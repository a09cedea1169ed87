import { blueWhiteRed, greys, mrRange } from "../../imaging/display/index.ts";
import { niceTicks } from "./colour-bar.ts";
import { Palette } from "./palette.ts";
import type { Panel } from "./panel-png.ts";
import type { RasCase } from "./ras-case.ts";
import { difference } from "./tile.ts";

/** What there is of MR, sCT, CT and error, in this order. */
export function panelsOf(
  shown: RasCase,
  [low, high]: readonly [low: number, high: number],
  errorLimit: number,
): Panel[] {
  const { mr, sct, ct } = shown;
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
  panels.push({ title: "sCT", volume: sct, ...hu });
  if (ct)
    panels.push(
      { title: "CT", volume: ct, ...hu },
      {
        title: "Error: sCT − CT",
        unit: "HU",
        volume: difference(sct, ct),
        palette: new Palette(blueWhiteRed(errorLimit), -errorLimit, errorLimit),
        ticks: [-errorLimit, 0, errorLimit],
      },
    );
  return panels;
}
