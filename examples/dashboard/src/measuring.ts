/** How the synthetic CT is measured against the measured one. */
import type { EvaluateOptions, MetricPreset, Volume } from "@midash/core";
import { signal } from "@preact/signals";
import type { Made } from "./study.ts";

/** Which voxels count. */
export type MaskRule = "head" | "bone" | "all";

export const preset = signal<MetricPreset>("synthrad2023");
export const maskRule = signal<MaskRule>("head");

/** HU from which bone counts, in the measured CT. */
const BONE_HU = 250;

export function measuredBy({ labels }: Made, ct: Volume): Pick<EvaluateOptions, "preset" | "mask"> {
  const rule = maskRule.value;
  if (rule === "all") return { preset: preset.value };
  const name =
    rule === "head" ? "the head, as the model finds it" : `bone: ${BONE_HU} HU or more in the measured CT`;
  if (rule === "head") return { preset: preset.value, mask: { volume: labels.with({ meta: {} }), name } };
  const { slope, intercept } = ct.scaling;
  const data = new Uint8Array(ct.data.length);
  for (let n = 0; n < data.length; n++) data[n] = slope * ct.data[n]! + intercept >= BONE_HU ? 1 : 0;
  const volume = labels.with({ data, meta: {} });
  return { preset: preset.value, mask: { volume, name } };
}
