import {
  type ErrorWords,
  errorText,
  type MidashErrorJson,
  type Warning,
  wayText,
} from "../../../base/errors/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { longFlag } from "../../runs/index.ts";

/** What resampling is not. */
export const NO_REGISTRATION =
  "resampling goes by the positions in the headers and registers nothing: images that are not aligned stay so";

/** How one volume comes onto the grid of another, where it is not known what they are. */
const RESAMPLE = `resample one onto the other first: npx @midash/core resample IN OUT --like OTHER, with --unit HU for a CT, --interpolation nearest for a mask or labels (${NO_REGISTRATION})`;

/** How this file comes onto the grid of that: as the CT, the MR, or the mask or labels that it is. */
export function resampleHint(path: string, { unit }: Volume, like: string): string {
  const how = { HU: " --unit HU", arbitrary: "", unknown: " --interpolation nearest" }[unit];
  return `resample it first: npx @midash/core resample ${path} OUT --like ${like}${how} (${NO_REGISTRATION})`;
}

/** Options of the library that a flag sets. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ...Object.keys(TRAIN_OPTIONS).map((name) => [name, longFlag(name)] as const),
  ["allowPhantomModel", "--allow-phantom-model"],
  ["classes", "--classes"],
  ["columns", "--column"],
  ["dataRange", "--data-range"],
  ["draws", "--draws"],
  ["flips", "--flips"],
  ["labels", "--labels"],
  ["groupBy", "--group-by"],
  ["mask", "--mask"],
  ["model", "--model"],
  ["multipleOf", "--multiple-of"],
  ["output", "--output"],
  ["part", "--part"],
  ["outputs", "--outputs"],
  ["outside", "--outside"],
  ["prediction", "--prediction"],
  ["reference", "--reference"],
  ["resume", "--resume"],
  ["scaling", "npx @midash/core convert IN OUT --unit HU --rescale"],
  ["series", "--series"],
  ["spread", "--spread"],
  ["steps", "--bias-field"],
  ["slab", "--slab and --every"],
  ["table", "--table"],
  ["target", "--window"],
  ["uncertainty", "--uncertainty"],
]);

/** Ways out by an option of the library that another way stands for here. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["like", RESAMPLE],
  ["limits.maxVoxels", "crop it, or read it by the library with a higher limit"],
  ["limits.maxRatio", "read it by the library with a higher limit"],
  ["structure", "choose one by NAME@FILE"],
  ["unit", "say --unit HU if it is one (npx @midash/core convert IN OUT --unit HU)"],
]);

/** Flags instead of options; the names of functions are left out, and so are ways out by options without a flag. */
const FLAG_WORDS: ErrorWords = {
  place(where) {
    if (typeof where === "string") return where;
    return where.option === undefined ? undefined : (FLAGS.get(where.option) ?? where.option);
  },
  way(way) {
    const names =
      typeof way === "string" ? [] : way.flatMap((part) => (typeof part === "string" ? [] : part.option));
    const instead = names.map((name) => INSTEAD.get(name)).find((text) => text !== undefined);
    if (instead !== undefined) return instead;
    return names.every((name) => FLAGS.has(name)) ? wayText(way, (name) => FLAGS.get(name)!) : undefined;
  },
};

/** An error or a warning in the words of the command line. */
export function inFlags(error: MidashErrorJson | Warning): string {
  return errorText(error, FLAG_WORDS);
}
