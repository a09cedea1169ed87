import type { SliceAxis } from "../../imaging/display/index.ts";
import type { HU_WINDOWS, HuWindow } from "../../imaging/hounsfield/index.ts";
import type { ImageOrigin, Volume } from "../../imaging/volume/index.ts";
import type { EpochRecord } from "../../road/training/index.ts";
import type { MetricPreset, MetricReport, MetricValue } from "../metrics/index.ts";

/**
 * One case of a report. What `scoreCases` yields is one. A case with `sct` or `classes` is shown; the volumes share one grid (voxel axes
 * may be permuted or flipped).
 */
export interface ReportCase {
  /** Any text; it is escaped. */
  readonly id: string;
  readonly mr?: Volume;
  /** In HU. */
  readonly sct?: Volume;
  /** In HU. Without it there is no error map, no MAE by slice and no histogram of the case. */
  readonly ct?: Volume;
  /** What each voxel was taken for: whole numbers from 0, and what they are called. */
  readonly classes?: { readonly volume: Volume; readonly names: readonly string[] };
  /** What the sCT may be off by, in HU. */
  readonly uncertainty?: Volume;
  /** Above 0 where voxels are scored: what the MAE by slice and the histogram count. Default: everywhere. */
  readonly mask?: Volume;
  /** What `mask` is, in words. */
  readonly maskRule?: string;
  /** Metrics by preset. */
  readonly reports?: Readonly<Partial<Record<MetricPreset, MetricReport>>>;
  /** Values of no preset (labels, bone, electron density, path lengths, spread) and what to call them, in the order to show them. */
  readonly measures?: readonly { readonly name: string; readonly value: MetricValue }[];
  /** MAE in HU of the lookup baseline over the voxels of `synthrad2023`'s MAE. */
  readonly lookupMae?: number | null;
}

/** A table of a report: the first column names the rows. */
export interface ReportTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a report is about. All strings may hold anything: they are escaped. */
export interface ReportContent {
  /** The heading, e.g. "midash train". */
  readonly title: string;
  /** A sentence or two under the heading. */
  readonly lead?: string;
  /** What was run, on which data, by what model and backend, with which versions, in this order. */
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly cases?: readonly ReportCase[];
  /** Records of the epochs, as `trainer.history`. */
  readonly history?: readonly EpochRecord[];
  /** The epoch whose weights were kept. It is marked in the charts. */
  readonly bestEpoch?: number;
  /** What is doubtful, each a sentence: they stand at the top. */
  readonly warnings?: readonly string[];
  /** Tables of no metric: volumes of tissue, ranges. */
  readonly tables?: readonly ReportTable[];
  /** Remarks under the metrics. */
  readonly notes?: readonly string[];
  /** Whether images were simulated. What volumes and metric reports say themselves is always shown. Default false. */
  readonly simulated?: boolean;
  /** When it was made; null leaves it out, so that the same content gives the same file. Default: now. */
  readonly created?: Date | null;
}

/** Options of `reportHtml`. */
export interface ReportOptions {
  /** The planes of the slices, a viewer each. Default `["axial"]`. */
  readonly axes?: readonly SliceAxis[];
  /** Window of sCT and CT: a name of `HU_WINDOWS`, or width and level. Default 2000/300: from air to cortical bone. */
  readonly window?: keyof typeof HU_WINDOWS | HuWindow;
  /** HU at the ends of the error's colours. Default 300. */
  readonly errorLimit?: number;
  /**
   * Slices shown of each case at most, evenly chosen among those with scored voxels. Default 48. Fewer where the images of all
   * cases together would have more than 14 million pixels, which keeps the file below some 20 MB.
   */
  readonly maxSlices?: number;
  readonly signal?: AbortSignal;
  /** Slices drawn, of all that are shown. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Whether anything in the report was simulated. */
export function isSimulated({ simulated, cases = [] }: ReportContent): boolean {
  return (
    simulated === true ||
    cases.some(
      ({ mr, sct, ct, classes, reports = {} }) =>
        [mr, sct, ct, classes?.volume].some((volume) => volume?.simulated) ||
        Object.values(reports).some((r) => r.simulated),
    )
  );
}

/** What the models of the shown synthetic CTs were trained on, where it was not patients. */
export function simulatedTraining({ cases = [] }: ReportContent): ImageOrigin | undefined {
  const found = cases.map(({ sct }) => sct?.trainedOn);
  return (["phantoms", "simulated heads"] as const).find((origin) => found.includes(origin));
}
