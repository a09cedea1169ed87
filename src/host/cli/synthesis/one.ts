import { basename } from "node:path";
import type { Volume } from "../../../imaging/volume/index.ts";
import { firstInput, type SctMaker } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { ctTarget } from "../io/ct-target.ts";
import { assertOneGrid, maskNotes, readMask, readMr, readOptions } from "../io/inputs.ts";
import { mapFile } from "../io/map-file.ts";
import { trainingWords } from "../io/model-words.ts";
import { checkOutputVolume } from "../io/outputs.ts";
import { checkPictures } from "../io/pictures.ts";
import type { Setup } from "../io/setup.ts";
import { STANDARD } from "../io/standard-streams.ts";
import { namedInputs } from "./named-inputs.ts";
import type { AskedOptions } from "./options.ts";
import { writeMade } from "./write-made.ts";

/** `midash synthesize IN OUT` of one MR. */
export async function synthesizeOne(
  input: string,
  out: string,
  options: AskedOptions,
  { registry }: Setup,
  openMaker: () => Promise<SctMaker>,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  const { formats } = registry;
  const { report, png } = options;
  const target = await ctTarget(out, { ...options, mr: input, inputs: [input] }, formats);
  for (const name of ["labels", "uncertainty"] as const)
    if (options[name] && !options.model) await checkOutputVolume(mapFile(out, name), [input], formats);
  await checkPictures(options, [input, out]);
  const maker = await openMaker();
  try {
    const read = readOptions(options, formats, context);
    const first = firstInput(maker);
    const further = namedInputs(options.input ?? [], first, maker);
    const mr = await readMr(input, read);
    const inputs: Record<string, Volume> = { [first]: mr };
    for (const [name, file] of further) {
      inputs[name] = await readMr(file, read);
      assertOneGrid([
        [input, mr],
        [file, inputs[name]],
      ]);
    }
    const mask = await readMask(options.mask, mr, read);
    assertChoiceUsed(read, mask, ...Object.values(inputs));
    assertOneGrid([
      [input, mr],
      [options.mask ?? "", mask],
    ]);
    const bar = output.progress("synthesising");
    const made = await maker
      .make(inputs, {
        name: input,
        mask,
        signal,
        onProgress: ({ done, total }) => bar.update(done, total, "steps"),
      })
      .finally(() => bar.stop());
    const how = { maker, orientation: options.slices, formats };
    const written = await writeMade(
      { id: basename(input), file: input },
      inputs,
      made,
      { out, target, report, png },
      how,
      context,
    );
    for (const line of written.words) output.say(line);
    if (out === STANDARD && Object.keys(made.maps).length > 0)
      output.say(
        `Not written, for they have no name: ${Object.keys(made.maps).join(", ")}; give a file as <out>`,
      );
    const [by, ...notes] = made.words;
    output.say(`${by}; ${made.seconds.toFixed(1)} s`);
    if (!options.model) output.say("--model names another.");
    for (const line of notes) output.say(line);
    for (const warning of written.warnings) output.say(`Warning: ${warning}`);
    for (const note of maskNotes([[options.mask, mask]])) output.say(note);
    for (const line of trainingWords(maker.trainedOn)) output.say(line);
    output.say(DISCLAIMER);
    const { models } = maker;
    output.result({
      command: "synthesize",
      input,
      output: out,
      maps: written.maps,
      models,
      ...written.facts,
    });
  } finally {
    maker.dispose();
  }
}
