import { basename } from "node:path";
import { valueKinds } from "../../../base/options/index.ts";
import { brainMask } from "../../../imaging/classifier/index.ts";
import { describeGrid, maskBytes, type Volume } from "../../../imaging/volume/index.ts";
import { HeadPipeline } from "../../../road/head/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { synthesisBackendOf, writeVolume } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { readMr, readOptions } from "../io/inputs.ts";
import { trainingWords } from "../io/model-words.ts";
import { checkOutputVolume } from "../io/outputs.ts";
import { checkPictures, picturesMade, writePictures } from "../io/pictures.ts";
import { setupOf } from "../io/setup.ts";
import type { ClassifyOptions } from "./classify-options.ts";

const CONTRAST = valueKinds.choice(["t1", "t2", "flair"]);

/** How brain and tissue are found. */
export function methodOf({ method }: ClassifyOptions): "network" | "em" {
  return method === undefined ? "network" : valueKinds.choice(["network", "em"]).read(method, "--method");
}

/** The model of heads, for one question. */
export async function withHead<T>(
  registry: Registry,
  { backend }: ClassifyOptions,
  ask: (head: HeadPipeline) => Promise<T>,
): Promise<T> {
  const head = await HeadPipeline.open({ backend: await synthesisBackendOf(registry, backend) });
  return ask(head).finally(() => head.dispose());
}

/** The method, and what its network was trained on where it has one. */
export function methodText(method: string, { trainedOn }: Volume): string {
  return [method, ...(trainedOn === undefined ? [] : [`a network trained on ${trainedOn}`])].join(", ");
}

/** `classify --kind brain`. */
export async function classifyBrain(
  input: string,
  out: string,
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  const { registry } = await setupOf(options);
  const { formats } = registry;
  const method = methodOf(options);
  const contrast = options.contrast === undefined ? undefined : CONTRAST.read(options.contrast, "--contrast");
  await checkOutputVolume(out, [input], formats);
  await checkPictures(options, [input, out]);
  const read = readOptions(options, formats, { output, signal });
  const mr = await readMr(input, read);
  assertChoiceUsed(read, mr);
  const bar = output.progress("Classifying");
  const { mask, warnings } = await (method === "em"
    ? brainMask(mr, { contrast, signal }).then((mask) => ({ mask, warnings: [] as readonly string[] }))
    : withHead(registry, options, (head) =>
        head.brain(mr, {
          name: input,
          signal,
          onProgress: ({ done, total }) => bar.update(done, total, "steps"),
        }),
      )
  ).finally(() => bar.stop());
  await writeVolume(out, mask, { formats, signal });
  const mL = mask.voxelMl * maskBytes(mask).reduce((sum, one) => sum + one, 0);
  await writePictures(
    options,
    {
      title: "midash classify",
      shown: { id: basename(input), mr, classes: { volume: mask, names: ["outside", "brain"] } },
      facts: { MR: input, Grid: describeGrid(mr), Method: methodText(method, mask) },
      tables: [{ title: "Brain", head: ["Class", "mL"], rows: [["brain", mL.toFixed(1)]] }],
      warnings,
    },
    context,
  );
  output.say(`${out}: brain${mr.simulated ? " of a simulated image" : ""}, ${mL.toFixed(0)} mL`);
  for (const words of trainingWords(mask.trainedOn)) output.say(words);
  for (const warning of warnings) output.say(`Warning: ${warning}`);
  output.say(DISCLAIMER);
  output.result({
    command: "classify",
    kind: "brain",
    method,
    simulated: mr.simulated,
    trainedOn: mask.trainedOn,
    input,
    output: out,
    mL,
    ...picturesMade(options),
    warnings,
  });
}
