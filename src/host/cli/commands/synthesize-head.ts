import { assert } from "../../../base/errors/index.ts";
import { describeGrid, statistics } from "../../../imaging/volume/index.ts";
import { HeadPipeline } from "../../../road/head/index.ts";
import { writeVolume } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { ctTarget } from "../io/ct-target.ts";
import { readMr, readOptions } from "../io/inputs.ts";
import { longFlag } from "../io/long-flag.ts";
import { mapFile } from "../io/map-file.ts";
import { checkOutputVolume } from "../io/outputs.ts";
import { setupOf, synthesisBackendOf } from "../io/setup.ts";
import type { SynthesizeOptions } from "./synthesize-options.ts";

/** What only a model of one's own can be asked. */
const OTHERS = ["flips", "draws", "seed", "mask", "outside", "input"] as const;

/** `synthesize` without `--model`: the model of heads that comes with the package. */
export async function synthesizeHead(
  input: string,
  out: string,
  options: SynthesizeOptions,
  { output, signal }: Context,
): Promise<void> {
  for (const name of OTHERS)
    assert(options[name] === undefined, "goes with --model only", {
      where: longFlag(name),
      hint: "leave it out, or name a model",
    });
  const { registry } = await setupOf(options);
  const { formats } = registry;
  const target = await ctTarget(out, { ...options, mr: input, inputs: [input] }, formats);
  const files = {
    ...(options.labels ? { labels: mapFile(out, "labels") } : {}),
    ...(options.uncertainty ? { uncertainty: mapFile(out, "uncertainty") } : {}),
  };
  for (const file of Object.values(files)) await checkOutputVolume(file, [input], formats);
  const read = readOptions(options, formats, { output, signal });
  const mr = await readMr(input, read);
  assertChoiceUsed(read, mr);
  const head = await HeadPipeline.open({ backend: await synthesisBackendOf(registry, options.backend) });
  const bar = output.progress("synthesising");
  const found = await head
    .synthesize(mr, {
      name: input,
      uncertainty: options.uncertainty ?? false,
      signal,
      onProgress: ({ done, total }) => bar.update(done, total, "patches"),
    })
    .finally(() => {
      bar.stop();
      head.dispose();
    });
  await target.write(found.sct, { model: "head", signal });
  for (const [name, file] of Object.entries(files))
    await writeVolume(file, found[name as keyof typeof files]!, { formats, signal });

  const { min, max, mean } = statistics(found.sct);
  output.say(`${out}: synthetic CT, ${describeGrid(found.sct)}; ${min.toFixed(0)} to ${max.toFixed(0)} HU`);
  if (files.labels) output.say(`${files.labels}: labels ${found.labels.meta.classes}`);
  if (files.uncertainty)
    output.say(`${files.uncertainty}: what the synthetic CT may be off by, in HU; not calibrated`);
  output.say(
    `Made by the model of heads that comes with midash, on ${found.backend} in ${found.seconds.toFixed(1)} s; brain ${found.brainMl.toFixed(0)} mL. --model names another.`,
  );
  for (const warning of found.warnings) output.say(`Warning: ${warning}`);
  output.say("The model was trained on simulated images.");
  output.say(DISCLAIMER);
  output.result({
    command: "synthesize",
    simulated: true,
    input,
    output: out,
    maps: files,
    models: [{ name: "head" }],
    shape: found.sct.shape,
    spacing: found.sct.spacing,
    range: { min, max, mean, unit: "HU" },
    brainMl: found.brainMl,
    warnings: found.warnings,
    backend: found.backend,
    seconds: found.seconds,
  });
}
