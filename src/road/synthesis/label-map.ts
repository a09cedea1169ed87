import type { Volume } from "../../imaging/volume/index.ts";
import type { Output } from "../preparation/index.ts";

/** The most probable class of each voxel: Uint8, named in `meta.classes`. */
export function labelsOf({ classes, probabilities }: Extract<Output, { kind: "labels" }>): Volume {
  const first = probabilities[0]!;
  const best = Float32Array.from(first.values());
  const labels = new Uint8Array(best.length);
  for (const [n, probability] of probabilities.entries()) {
    const values = probability.values();
    for (let i = 0; i < best.length; i++)
      if (values[i]! > best[i]!) {
        best[i] = values[i]!;
        labels[i] = n;
      }
  }
  return first.with({ data: labels, unit: "unknown", meta: { classes } });
}
