import { readFile } from "node:fs/promises";
import { MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import {
  type BoneDiceReport,
  type ElectronDensityReport,
  type LabelReport,
  type MetricMask,
  Metrics,
  type MetricValue,
  type SpreadReport,
  type WeplReport,
} from "../../../evaluation/metrics/index.ts";
import { DENSITY_TABLES, type DensityTable, parseRedTable } from "../../../imaging/hounsfield/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Output } from "../io/output.ts";
import { isFile } from "../io/paths.ts";
import { labelMeasures } from "../io/report.ts";

/** Options of `evaluate` that add measures of no preset. */
export const MEASURE_OPTIONS = [
  [
    "--prediction-labels <file>",
    "label volume of the synthetic CT, to score Dice, HD95 and mean surface distance (with --reference-labels)",
  ],
  ["--reference-labels <file>", "label volume of the CT"],
  ["--bone-dice", "also the Dice of bone at 100 to 1000 HU"],
  ["--red", "also the error in relative electron density"],
  ["--wepl", "also differences in water-equivalent path length, from 36 angles to the isocentre"],
  [
    "--spread <file>",
    "map of spread in HU that synthesize wrote (sct_spread.nii.gz), to correlate with the absolute error",
  ],
  [
    "--table <file>",
    `HU to relative electron density for --red and --wepl: a CSV, or ${redNames().join(" or ")} (default: matrad)`,
  ],
] as const;

/** What the options of {@link MEASURE_OPTIONS} give. */
export interface MeasureOptions {
  readonly predictionLabels?: string;
  readonly referenceLabels?: string;
  readonly boneDice?: boolean;
  readonly red?: boolean;
  readonly wepl?: boolean;
  readonly spread?: string;
  readonly table?: string;
}

/** Measured values by name, in the order to show them, and the whole reports. */
export interface MoreMeasures {
  readonly measures: readonly { readonly name: string; readonly value: MetricValue }[];
  readonly reports: {
    readonly labels?: LabelReport;
    readonly boneDice?: BoneDiceReport;
    readonly electronDensity?: ElectronDensityReport;
    readonly wepl?: WeplReport;
    readonly spread?: SpreadReport;
  };
}

/** Measures what was asked for. */
export async function moreMeasures(
  volumes: {
    readonly prediction: Volume;
    readonly reference: Volume;
    readonly mask: MetricMask;
    readonly labels?: readonly [prediction: Volume, reference: Volume];
    readonly spread?: Volume;
  },
  options: MeasureOptions,
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
): Promise<MoreMeasures> {
  const { prediction, reference, mask, labels, spread } = volumes;
  const table = await densityTable(options.table, "--table");
  const run = async <T>(title: string, unit: string, work: (common: Common) => Promise<T>): Promise<T> => {
    const bar = output.progress(title);
    const onProgress = ({ done, total }: { done: number; total: number }) => bar.update(done, total, unit);
    return work({ signal, onProgress }).finally(() => bar.stop());
  };
  const reports: MoreMeasures["reports"] = {
    ...(labels && { labels: await run("labels", "labels", (common) => Metrics.labels(...labels, common)) }),
    ...(options.boneDice && {
      boneDice: await run("bone", "slices", (c) => Metrics.boneDice(prediction, reference, { mask, ...c })),
    }),
    ...(options.red && {
      electronDensity: await run("electron density", "slices", (c) =>
        Metrics.electronDensity(prediction, reference, { mask, table, ...c }),
      ),
    }),
    ...(options.wepl && {
      wepl: await run("path lengths", "slices", (c) =>
        Metrics.wepl(prediction, reference, { mask, table, ...c }),
      ),
    }),
    ...(spread && {
      spread: await run("spread", "slices", (c) =>
        Metrics.spread(prediction, reference, spread, { mask, ...c }),
      ),
    }),
  };
  return { measures: valuesOf(reports), reports };
}

interface Common {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

function valuesOf({
  labels,
  boneDice,
  electronDensity,
  wepl,
  spread,
}: MoreMeasures["reports"]): MoreMeasures["measures"] {
  return [
    ...(labels ? labelMeasures(labels) : []),
    ...(boneDice?.thresholds ?? []).map(({ threshold, dice }) => ({
      name: `Dice, bone ≥ ${threshold} HU`,
      value: dice,
    })),
    ...(electronDensity
      ? [
          { name: "electron density, MAE", value: electronDensity.mae },
          { name: "electron density, ME", value: electronDensity.me },
        ]
      : []),
    ...(wepl
      ? [
          { name: "path length, mean |difference|", value: wepl.mae },
          { name: "path length, mean difference", value: wepl.me },
          { name: "path length, 95th percentile of |difference|", value: wepl.p95 },
          { name: "path length in the CT, mean", value: wepl.path },
        ]
      : []),
    ...(spread
      ? [
          { name: "spread and |error|, Pearson's r", value: spread.pearson },
          { name: "spread and |error|, Spearman's rho", value: spread.spearman },
          { name: "spread, mean", value: spread.mean },
        ]
      : []),
  ];
}

/** A table that ships, by name, or one of a file; undefined when none is asked for. */
export async function densityTable(
  name: string | undefined,
  where: string,
): Promise<DensityTable | undefined> {
  if (name === undefined) return undefined;
  const known = Object.values(DENSITY_TABLES).find(
    (table) => table.name === name && table.quantity === "red",
  );
  if (known) return known;
  if (!(await isFile(name)) && !/[./\\]/.test(name))
    return DENSITY_TABLES[valueKinds.choice(redNames()).read(name, where)];
  const text = await readFile(name, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new MidashError(cause.code === "ENOENT" ? "not-found" : "io", `can't be read (${cause.code})`, {
      where: name,
      cause,
    });
  });
  return parseRedTable(text, { name });
}

function redNames(): ("matrad" | "thomas")[] {
  return ["matrad", "thomas"];
}
