import { assert, fail } from "../../base/errors/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Slicer } from "./samples/slicer.ts";

/** That a {@link Slicer} cuts such samples as the model takes. @throws MidashError `unsupported` */
export function assertSlices({ name, input }: Pick<ModelSpec, "name" | "input">, where: string): void {
  if (input.dims === 2) return;
  fail("unsupported", `${name} takes 3-D samples, and slicers cut 2-D ones`, {
    where,
    hint: "choose dims 2 (context gives it neighbouring slices), or call trainStep and predict yourself on [N, D, H, W, C]",
  });
}

/** That a model takes as many channels as the inputs give. @throws MidashError `invalid-argument` */
export function assertChannels(
  channels: number,
  names: readonly string[],
  slicer: Slicer,
  where: string,
): void {
  const given = slicer.channels(names.length);
  const slices = slicer.context === 0 ? "" : `, each as ${slicer.channels(1)} slices`;
  assert(
    given === channels,
    `the model takes ${channels} input channel(s), the data gives ${given} (${names.join(", ")}${slices})`,
    {
      where,
      hint: "set the model's inChannels to inputs × (2 · context + 1), or choose other inputs or another context",
    },
  );
}
