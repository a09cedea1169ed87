import type { Warning } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { describeGrid, statistics, type Volume } from "../../../imaging/volume/index.ts";
import { type Made, type SctMaker, shownOf, writeVolume } from "../../node/index.ts";
import type { Context } from "../command.ts";
import type { CtTarget } from "../io/ct-target.ts";
import { inFlags } from "../io/in-flags.ts";
import { mapFile } from "../io/map-file.ts";
import { type PictureFlags, picturesMade, writePictures } from "../io/pictures.ts";
import { STANDARD } from "../io/standard-streams.ts";
import { type Orientation, oriented } from "./orientation.ts";

/** Where a case's results go. */
export interface Places extends PictureFlags {
  /** The synthetic CT's file or folder; maps lie beside it. */
  readonly out: string;
  readonly target: CtTarget;
}

/** What was written. */
export interface Written {
  /** Files of maps by name. */
  readonly maps: Readonly<Record<string, string>>;
  /** For `--json`. */
  readonly facts: object;
  /** Those of making it and of writing it. */
  readonly warnings: readonly string[];
  /** For people. */
  readonly words: readonly string[];
}

/** Writes a synthetic CT with its maps, report and picture. */
export async function writeMade(
  /** What the case is called, and its MR. */
  who: { readonly id: string; readonly file: string },
  inputs: Readonly<Record<string, Volume>>,
  made: Made,
  places: Places,
  how: {
    readonly maker: SctMaker;
    readonly orientation: Orientation | undefined;
    readonly formats: readonly VolumeFormat[];
  },
  context: Context,
): Promise<Written> {
  const { out, target, report, png } = places;
  const { maker, formats } = how;
  const { signal } = context;
  const { orientation = target.dicom ? "axial" : "as-input" } = how;
  const sct = oriented(made.sct, orientation);
  const warnings = [...made.warnings];
  const onWarning = (warning: Warning) => warnings.push(inFlags(warning));
  await target.write(sct, { model: maker.names, signal, onWarning });
  const maps: Record<string, string> = {};
  for (const [name, volume] of Object.entries(out === STANDARD ? {} : made.maps)) {
    maps[name] = mapFile(out, name);
    await writeVolume(maps[name], oriented(volume, orientation), { formats, signal });
  }
  if (report !== undefined || png !== undefined)
    await writePictures(places, await shownOf(who, inputs, { ...made, warnings }, maker, signal), context);
  const { min, max, mean } = statistics(sct);
  return {
    maps,
    facts: {
      simulated: sct.simulated,
      trainedOn: maker.trainedOn,
      intendedFor: maker.intendedFor,
      orientation,
      shape: sct.shape,
      spacing: sct.spacing,
      range: { min, max, mean, unit: "HU" },
      ...picturesMade(places),
      warnings,
      ...made.facts,
    },
    warnings,
    words: [
      `${out}: synthetic CT, ${describeGrid(sct)}; ${min.toFixed(0)} to ${max.toFixed(0)} HU`,
      ...Object.entries(maps).map(([name, file]) => `${file}: ${aboutMap(name, made.maps[name]!)}`),
      ...[report, png]
        .filter((file) => file !== undefined)
        .map((file) => `${file}: MR and synthetic CT to look at`),
    ],
  };
}

function aboutMap(name: string, { unit, meta }: Volume): string {
  if (name === "spread") return "standard deviation of the averaged predictions, in HU";
  if (name === "uncertainty") return "what the synthetic CT may be off by, in HU; not calibrated";
  return Array.isArray(meta.classes)
    ? `labels ${meta.classes.join(", ")}`
    : `${name}${unit === "HU" ? ", in HU" : ""}`;
}
