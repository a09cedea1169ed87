import type { LeftOut } from "../../../imaging/formats/index.ts";
import type { FolderListing } from "../../node/index.ts";
import type { Output } from "../io/output.ts";

/** Files of one reason that are shown by name. */
const SHOWN = 4;
/** Volumes of a series that are shown. */
const VOLUMES = 12;

/** A folder's listing for people: patients, studies, series, volumes, then other files by what they are. */
export function sayListing(path: string, listing: FolderListing, output: Output): void {
  const { series, volumes, others, unreadable } = listing;
  output.say(path);
  let [patient, study] = [0, 0];
  const sorted = [...series].sort((a, b) => a.patient - b.patient || a.study - b.study);
  for (const one of sorted) {
    if (one.patient !== patient) output.say(`  patient ${one.patient}`);
    if (one.study !== study) output.say(`    study ${one.study}`);
    [patient, study] = [one.patient, one.study];
    const named = [
      `series ${one.number ?? "without number"}`,
      one.modality ?? "no modality",
      one.description ? `"${one.description}"` : "no description",
      `${one.files} file${one.files === 1 ? "" : "s"}`,
    ];
    output.say(`      ${named.join(", ")}: ${one.uid ?? "no UID"}, from ${one.first}`);
    if (one.problem !== undefined) output.say(`        can't be read: ${one.problem}`);
    for (const [n, { shape, label, time }] of one.volumes.slice(0, VOLUMES).entries()) {
      const which = one.volumes.length > 1 ? `${n}: ` : "";
      const about = [shape.join(" × "), label, time === undefined ? "" : `${time} s`];
      output.say(`        ${which}${about.filter(Boolean).join(", ")}`);
    }
    if (one.volumes.length > VOLUMES) output.say(`        and ${one.volumes.length - VOLUMES} more volumes`);
    sayLeftOut(one.leftOut, "        ", output);
  }
  for (const { file, format } of volumes) output.say(`  ${file}: ${format}`);
  sayLeftOut(others, "  ", output);
  for (const { file, why } of unreadable) output.say(`  can't be read: ${file}: ${why}`);
  if (series.length + volumes.length === 0) output.say("  no volume in it or below it");
}

/** Left-out files, those of one reason on one line. */
export function sayLeftOut(leftOut: readonly LeftOut[], indent: string, output: Output): void {
  const reasons = new Map<string, string[]>();
  for (const { file, why } of leftOut) reasons.set(why, [...(reasons.get(why) ?? []), file]);
  for (const [why, files] of reasons) {
    const more = files.length > SHOWN ? ` and ${files.length - SHOWN} more` : "";
    output.say(`${indent}left out, ${why.replace(/^is /, "")}: ${files.slice(0, SHOWN).join(", ")}${more}`);
  }
}
