import type { SliceAxis } from "../../imaging/display/index.ts";
import type { HU_WINDOWS, HuWindow } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { EpochRecord } from "../../road/training/index.ts";
import type { MetricPreset, MetricReport, MetricValue } from "../metrics/index.ts";

/**
 * One case of a report. What `scoreCases` yields is one. A case with `sct` is shown; the volumes share one grid (voxel axes
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
  /** Remarks under the metrics. */
  readonly notes?: readonly string[];
  /** Whether images were simulated. What volumes and metric reports say themselves is always shown. Default false. */
  readonly simulated?: boolean;
  /** Default: now. */
  readonly created?: Date;
}

/** Options of `reportHtml`. */
export interface ReportOptions {
  /** The plane of the slices. Default `axial`. */
  readonly axis?: SliceAxis;
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
      ({ mr, sct, ct, reports = {} }) =>
        [mr, sct, ct].some((volume) => volume?.simulated) || Object.values(reports).some((r) => r.simulated),
    )
  );
}
