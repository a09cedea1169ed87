/** The named protocols. A number without one can't be compared with anything. */
export type MetricPreset = "synthrad2023" | "synthrad2025" | "monai" | "slice2d";

/** Whose definition a value follows: a preset of `Metrics.evaluate`, or a measure of its own that no preset changes. */
export type MetricProtocol = MetricPreset | "labels" | "bone-dice" | "red" | "wepl" | "spread";

/** One measured number with all that it takes to compare it. Plain data (mind that JSON turns NaN and Infinity into null). */
export interface MetricValue {
  /** NaN when undefined, Infinity for the PSNR of identical images; `why` then says why. */
  readonly value: number;
  /** Absent for SSIM, correlation, Dice and relative electron density. */
  readonly unit?: "HU" | "dB" | "mm";
  readonly preset: MetricProtocol;
  /** HU that values are clipped to, and whose width is the data range; null where nothing is clipped. */
  readonly dataRange: readonly [low: number, high: number] | null;
  /** Which voxels count, in words. */
  readonly maskRule: string;
  /** How many voxels (windows for SSIM, surface voxels for distances, rays for path lengths) were averaged over. */
  readonly voxels: number;
  /** Present when `value` is not finite, or when part of the data had to be left out. */
  readonly why?: string;
  /** Population standard deviation over patients; only in a cohort report. */
  readonly sd?: number;
}

/** The metrics of one patient, or of a cohort. */
export interface MetricReport {
  readonly preset: MetricPreset;
  /** True when the prediction or the reference was simulated, not measured. Say so wherever the numbers are shown. */
  readonly simulated: boolean;
  /** 1, or the number of reports that `averageReports` averaged. */
  readonly patients: number;
  /** Axial slices averaged over; only where the preset works slice by slice. */
  readonly slices?: number;
  /** Mean absolute error. */
  readonly mae: MetricValue;
  /** Mean error, prediction - reference. */
  readonly me: MetricValue;
  /** Root of the mean squared error. */
  readonly rmse: MetricValue;
  /** Peak signal-to-noise ratio. */
  readonly psnr: MetricValue;
  /** Structural similarity (Wang et al., IEEE TIP 13, 2004). */
  readonly ssim: MetricValue;
  /** Multi-scale structural similarity (Wang et al., Asilomar 2003); only where the preset defines one. */
  readonly msssim?: MetricValue;
  /** Normalised cross-correlation: Pearson's r of HU, over the voxels of the MAE. */
  readonly ncc?: MetricValue;
  /** Errors by class of the reference's HU, over the voxels of the MAE. */
  readonly classes?: readonly ClassErrors[];
}

/** Errors where the reference's HU lie in one class. */
export interface ClassErrors {
  readonly name: string;
  /** HU, included. */
  readonly min: number;
  /** HU, excluded. */
  readonly max: number;
  readonly mae: MetricValue;
  readonly me: MetricValue;
}

/** The metrics that every {@link MetricReport} has, in the order to show them. {@link metricsOf} gives all that one has. */
export const METRIC_NAMES = ["mae", "me", "rmse", "psnr", "ssim"] as const;

/** A metric's name in a {@link MetricReport}. */
export type MetricName = (typeof METRIC_NAMES)[number] | "msssim" | "ncc";

/** Every metric that a {@link MetricReport} may have, in the order to show them. */
const ALL_NAMES: readonly MetricName[] = [...METRIC_NAMES, "msssim", "ncc"];

/** The metrics that a report has, in the order to show them. */
export function metricsOf(report: MetricReport): [name: MetricName, value: MetricValue][] {
  return ALL_NAMES.flatMap((name) => {
    const value = report[name];
    return value ? [[name, value] as [MetricName, MetricValue]] : [];
  });
}
