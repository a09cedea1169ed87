import { type Html, html } from "./html.ts";
import { fixed, metricNumber } from "./number-text.ts";
import type { PresetScores } from "./scores.ts";

const SHOWN = { mae: "MAE", psnr: "PSNR", ssim: "SSIM", msssim: "MS-SSIM" } as const;

/** The few numbers that one looks for first, each with its preset and, for MAE, the baseline. */
export function readouts(scores: readonly PresetScores[]): Html | undefined {
  const first = scores.find(({ mean }) => mean);
  if (!first?.mean) return undefined;
  const { preset, cases, mean, lookupMae } = first;
  // The similarity that the preset stands for: MS-SSIM where a challenge scores it.
  const similarity = preset === "synthrad2025" && mean.msssim ? "msssim" : "ssim";
  const names = ["mae", "psnr", similarity] as const;
  const many = cases.length > 1 ? `, mean of ${cases.length} cases` : "";
  const list = names.map((name) => {
    const { unit, value } = mean[name]!;
    return html`<div><dt>${SHOWN[name]}</dt><dd><b>${metricNumber({ value, unit })}</b>${unit ? ` ${unit}` : ""}</dd><dd class="under">${preset}${many}</dd></div>`;
  });
  if (lookupMae !== undefined) {
    const percent = 100 * (1 - mean.mae.value / lookupMae);
    const against = Number.isFinite(percent)
      ? `the model's MAE is ${fixed(Math.abs(percent), 0)} % ${percent >= 0 ? "lower" : "higher"}`
      : "same voxels";
    list.push(
      html`<div><dt>Lookup baseline</dt><dd><b>${fixed(lookupMae, 1)}</b> HU</dd><dd class="under">MAE; ${against}</dd></div>`,
    );
  }
  return html`<dl class="readouts">${list}</dl>`;
}
