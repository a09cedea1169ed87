import { assert, fail, type Where } from "../../base/errors/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Sampler } from "./samples/sampler.ts";

/** That a sampler cuts such samples as the model takes. @throws MidashError `unsupported` */
export function assertDims(
  { name, input }: Pick<ModelSpec, "name" | "input">,
  { dims, type }: Sampler,
  where: Where,
): void {
  if (input.dims === dims) return;
  fail("unsupported", `${name} takes ${input.dims}-D samples, and ${type} are ${dims}-D`, {
    where,
    hint:
      input.dims === 3
        ? "give it Slicer.patches(...), or choose dims 2"
        : "give it Slicer.slices(...), or choose dims 3",
  });
}

/** That a model takes as many channels as the inputs give. @throws MidashError `invalid-argument` */
export function assertChannels(
  channels: number,
  names: readonly string[],
  sampler: Sampler,
  where: Where,
): void {
  const given = sampler.channels(names.length);
  const each = sampler.channels(1);
  const slices = each === 1 ? "" : `, each as ${each} slices`;
  assert(
    given === channels,
    `the model takes ${channels} input channel(s), the data gives ${given} (${names.join(", ")}${slices})`,
    {
      where,
      hint: "set the model's inChannels to inputs × (2 · context + 1), or choose other inputs or another context",
    },
  );
}
