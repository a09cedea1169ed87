import type { ReportCase, ReportContent, ReportTable } from "../../../evaluation/report/index.ts";
import { Classifier } from "../../../imaging/classifier/index.ts";
import { describeGrid, statistics, type Volume } from "../../../imaging/volume/index.ts";
import { firstInput, type Made, type SctMaker } from "./maker.ts";

/** What there is to show of one case. */
export interface Shown {
  /** The command: "midash synthesize". */
  readonly title: string;
  readonly shown: Pick<ReportCase, "id" | "mr" | "sct" | "ct" | "classes" | "uncertainty">;
  readonly facts: NonNullable<ReportContent["facts"]>;
  readonly tables: readonly ReportTable[];
  readonly warnings: readonly string[];
}

/** A synthesised case as its report and picture show it: the same for the same case. */
export async function shownOf(
  who: { readonly id: string; readonly file: string },
  inputs: Readonly<Record<string, Volume>>,
  made: Made,
  maker: SctMaker,
  signal?: AbortSignal,
): Promise<Shown> {
  const { sct, maps, words, warnings } = made;
  const classes = Object.values(maps).find(({ meta }) => Array.isArray(meta.classes));
  const names = classes?.meta.classes as readonly string[] | undefined;
  const [unsure, uncertainty] = Object.entries(maps).find(([, { unit }]) => unit === "HU") ?? [];
  return {
    title: "midash synthesize",
    shown: {
      id: who.id,
      mr: inputs[firstInput(maker)],
      sct,
      uncertainty,
      ...(classes && names ? { classes: { volume: classes, names } } : {}),
    },
    facts: {
      MR: who.file,
      Grid: describeGrid(sct),
      Model: maker.names,
      "Trained on": maker.trainedOn,
      "Meant for": maker.intendedFor,
      Made: words[0]!,
      ...(unsure === undefined ? {} : { Uncertainty: `map "${unsure}", not calibrated` }),
    },
    tables: [await densityTable(sct, signal), ...(classes && names ? [classTable(classes, names)] : [])],
    warnings,
  };
}

async function densityTable(sct: Volume, signal: AbortSignal | undefined): Promise<ReportTable> {
  const { table } = await Classifier.density().classify(sct, { signal });
  const { min, max } = statistics(sct);
  return {
    title: `Density classes of the synthetic CT, whole image, ${min.toFixed(0)} to ${max.toFixed(0)} HU`,
    head: ["Class", "mL", "Mean HU"],
    rows: table.map(({ name, mL, meanHU }) => [
      name,
      mL.toFixed(1),
      meanHU === null ? "-" : meanHU.toFixed(0),
    ]),
  };
}

function classTable({ data, voxelMl }: Volume, names: readonly string[]): ReportTable {
  const counts = names.map(() => 0);
  for (const label of data) counts[label]!++;
  return {
    title: "Classes that the model gives",
    head: ["Class", "mL"],
    rows: names.map((name, label) => [name, (counts[label]! * voxelMl).toFixed(1)]),
  };
}
