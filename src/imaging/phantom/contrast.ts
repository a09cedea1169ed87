import { assert, type Where } from "../../base/errors/index.ts";
import type { Tissue } from "./tissues.ts";

/** The part of a tissue that MR sees. */
export type Relaxation = Pick<Tissue, "t1" | "t2" | "pd">;

/** Timing of a sequence, in ms. With `ti` it is an inversion recovery; without `ti`, a spin echo. */
export interface Contrast {
  readonly name: string;
  readonly tr: number;
  readonly te: number;
  readonly ti?: number;
  /** The tissue whose signal noise is stated against, by name. BrainWeb's rule: white matter for T1w, CSF for T2w and PDw. */
  readonly reference: string;
}

/** Names of the built-in contrasts. */
export type ContrastName = "t1" | "t2" | "flair" | "pd";

/** Clinical timings at 1.5 T. FLAIR's inversion time nulls the table's CSF: see {@link nullingTime}. */
export const CONTRASTS: Readonly<Record<ContrastName, Contrast>> = {
  t1: { name: "T1w", tr: 500, te: 12, reference: "white matter" },
  t2: { name: "T2w", tr: 4000, te: 100, reference: "csf" },
  flair: { name: "FLAIR", tr: 9000, te: 100, ti: 1704, reference: "grey matter" },
  pd: { name: "PDw", tr: 3300, te: 20, reference: "csf" },
};

/**
 * Spin echo: PD · (1 − e^(−TR/T1)) · e^(−TE/T2), for TE much shorter than TR (Hahn 1950; any MR textbook).
 * Signal relative to water's full magnetisation.
 */
export function spinEcho(
  { t1, t2, pd }: Relaxation,
  { tr, te }: { readonly tr: number; readonly te: number },
): number {
  if (t2 <= 0 || pd <= 0) return 0;
  return pd * (1 - Math.exp(-tr / t1)) * Math.exp(-te / t2);
}

/**
 * Inversion recovery with a spin-echo readout: PD · (1 − 2e^(−TI/T1) + e^(−TR/T1)) · e^(−TE/T2). Signed: negative
 * before the null point. An image shows the magnitude.
 */
export function inversionRecovery(
  { t1, t2, pd }: Relaxation,
  { tr, te, ti }: { readonly tr: number; readonly te: number; readonly ti: number },
): number {
  if (t2 <= 0 || pd <= 0) return 0;
  return pd * (1 - 2 * Math.exp(-ti / t1) + Math.exp(-tr / t1)) * Math.exp(-te / t2);
}

/** The inversion time in ms at which a tissue of this T1 gives no signal: T1 · (ln 2 − ln(1 + e^(−TR/T1))). */
export function nullingTime(t1: number, tr: number): number {
  return t1 * (Math.LN2 - Math.log1p(Math.exp(-tr / t1)));
}

/** Signal of a tissue under a contrast; signed for inversion recovery. */
export function signalOf(tissue: Relaxation, contrast: Contrast): number {
  const { tr, te, ti } = contrast;
  return ti === undefined ? spinEcho(tissue, { tr, te }) : inversionRecovery(tissue, { tr, te, ti });
}

/** Turns names into contrasts; passes contrasts through. */
export function resolveContrast(contrast: ContrastName | Contrast, where: Where): Contrast {
  if (typeof contrast !== "string") return contrast;
  assert(Object.hasOwn(CONTRASTS, contrast), `unknown contrast "${contrast}"`, {
    where,
    hint: `known: ${Object.keys(CONTRASTS).join(", ")}`,
  });
  return CONTRASTS[contrast];
}
