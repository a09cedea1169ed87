/** The named protocols. A number without one can't be compared with anything. */
export type MetricPreset = "synthrad2023" | "slice2d";

/** One measured number with all that it takes to compare it. Plain data (mind that JSON turns NaN and Infinity into null). */
export interface MetricValue {
  /** NaN when undefined, Infinity for the PSNR of identical images; `why` then says why. */
  readonly value: number;
  /** "HU" or "dB"; absent for SSIM. */
  readonly unit?: "HU" | "dB";
  readonly preset: MetricPreset;
  /** HU that values are clipped to, and whose width is the data range; null where nothing is clipped. */
  readonly dataRange: readonly [low: number, high: number] | null;
  /** Which voxels count, in words. */
  readonly maskRule: string;
  /** How many voxels (or windows, for SSIM) were averaged over. */
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
}

/** The names of the metrics in a {@link MetricReport}, in the order to show them. */
export const METRIC_NAMES = ["mae", "me", "rmse", "psnr", "ssim"] as const;
