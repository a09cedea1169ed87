import { assert, fail, orNearest } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { describeGrid, statistics, type Volume } from "../../../imaging/volume/index.ts";
import type { Background, ModelBundle } from "../../../road/model-file/index.ts";
import type { InputSpec } from "../../../road/preparation/index.ts";
import { Synthesizer } from "../../../road/synthesis/index.ts";
import { loadModel, loadOnnx, writeVolume } from "../../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "../command.ts";
import { assertChoiceUsed, FRAME_OPTION, SERIES_OPTION } from "../io/choice.ts";
import { ctTarget, DICOM_OPTIONS } from "../io/ct-target.ts";
import {
  assertOneGrid,
  collect,
  MASK_KINDS,
  maskNotes,
  readMask,
  readMr,
  readOptions,
} from "../io/inputs.ts";
import { longFlag } from "../io/long-flag.ts";
import { mapFile } from "../io/map-file.ts";
import { trainingWords } from "../io/model-words.ts";
import { backendForModels, CONFIG_OPTIONS, naming, setupOf, synthesisBackendOf } from "../io/setup.ts";
import { FORMAT_OPTION, STANDARD } from "../io/standard-streams.ts";
import { sayWarnings } from "../io/warnings.ts";
import { synthesizeHead } from "./synthesize-head.ts";
import type { SynthesizeOptions } from "./synthesize-options.ts";

export const addSynthesize: AddCommand = (program, context) => {
  program
    .command("synthesize")
    .summary("make a synthetic CT of an MR")
    .description(
      "Makes a synthetic CT in HU of an MR, on the MR's own grid: of a head with the model that comes with midash, or with one that train wrote.",
    )
    .usage("<in> <out> [options]")
    .argument("<in>", "the MR: a file of any format, or the folder of a DICOM series")
    .argument(
      "<out>",
      "the synthetic CT to write: a file, or for an MR in DICOM a new folder for a DICOM series",
    )
    .option(
      "--model <file>",
      "the model (.safetensors), or an ONNX file that holds its steps (.onnx); repeated: an ensemble, whose mean is written (default: the model of heads)",
      collect,
    )
    .option("--labels", "of the model of heads: also write ten classes of tissue as <out>_labels")
    .option(
      "--uncertainty",
      "of the model of heads: also write what the synthetic CT may be off by, in HU, as <out>_uncertainty; takes twice as long",
    )
    .option(
      "--flips <axes>",
      "ask for mirrored images too, and average: x (left and right), or more, e.g. x,y (default: none)",
    )
    .option("--draws <n>", "ask a model that draws so many times, and average (default: 1)")
    .option("--seed <n>", "of models that draw (default: 0)")
    .option("--mask <file>", `the body, outside it is air: ${MASK_KINDS} (default: estimated from the MR)`)
    .option(
      "--outside <what>",
      "air, or keep what the model made outside the body (default: as the model says)",
    )
    .option(
      "--backend <name>",
      "one that midash doctor lists, or auto: the fastest that runs the model here (default: the first; for ONNX models auto)",
    )
    .option("--input <name=file>", "more MR of a model with several inputs; may be repeated", collect)
    .option(...FORMAT_OPTION)
    .option(...FRAME_OPTION)
    .option(...SERIES_OPTION)
    .option(...DICOM_OPTIONS[0])
    .option(...DICOM_OPTIONS[1])
    .option(...DICOM_OPTIONS[2])
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        [
          "synthesize t1.nii.gz sct.nii.gz --labels",
          "any MR of a head, with the model that comes with midash",
        ],
        ["synthesize mr.nii.gz sct.nii.gz --model demo-out/model.safetensors", "with the model of the demo"],
        ["synthesize mr-series/ sct-series --model m.safetensors", "DICOM in, DICOM out"],
        [
          "synthesize mr.nii.gz sct.nii.gz --model a.safetensors --model b.safetensors --flips x",
          "two models and mirrored images; sct_spread.nii.gz shows where they disagree, in HU",
        ],
        [
          "synthesize t1.nii.gz sct.nii.gz --model m.safetensors --input t2=t2.nii.gz",
          "a model of T1 and T2: <in> is its first input",
        ],
      ),
    )
    .action((input: string, out: string, options: SynthesizeOptions) =>
      (options.model ? synthesize : synthesizeHead)(input, out, options, context(options, out)),
    );
};

async function synthesize(
  input: string,
  out: string,
  options: SynthesizeOptions,
  { output, signal }: Context,
): Promise<void> {
  const { model: files = [] } = options;
  for (const flag of ["labels", "uncertainty"] as const)
    assert(!options[flag], "is of the model of heads", {
      where: longFlag(flag),
      hint: "leave it or --model out; labels that a model gives are written anyway",
    });
  const { plugins, registry } = await setupOf(options);
  const { formats } = registry;
  const target = await ctTarget(out, { ...options, mr: input, inputs: [input] }, formats);
  const outside: Background["outside"] | undefined =
    options.outside === undefined
      ? undefined
      : valueKinds.choice(["air", "keep"]).read(options.outside, "--outside");
  const read = readOptions(options, formats, { output, signal });
  const backend = await synthesisBackendOf(registry, options.backend);
  const asking = {
    flips:
      options.flips === undefined
        ? []
        : valueKinds.list(valueKinds.choice(["x", "y", "z"])).read(options.flips, "--flips"),
    draws: options.draws === undefined ? 1 : valueKinds.integer({ min: 1 }).read(options.draws, "--draws"),
    seed: options.seed === undefined ? 0 : valueKinds.integer({ min: 0 }).read(options.seed, "--seed"),
  };
  const bundles: ModelBundle[] = [];
  for (const file of files)
    bundles.push(await (file.endsWith(".onnx") ? loadOnnx : loadModel)(file, { signal }));
  const models = files.join(", ");
  const synthesizer = naming(models, () => {
    const suited = backendForModels(backend, bundles, { registry, asked: options.backend });
    return new Synthesizer(bundles, { backend: suited, plugins, ...asking });
  });
  // <in> is the first that the model can't do without.
  const { name: first } = synthesizer.inputs.find(({ optional }) => !optional) ?? synthesizer.inputs[0]!;
  const others = synthesizer.inputs.filter(({ name }) => name !== first);
  const further = namedFiles(options.input ?? [], first, others);
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
  const result = await synthesizer
    .run(inputs, {
      mask,
      outside,
      signal,
      onProgress: ({ done, total }) => bar.update(done, total, "slices"),
    })
    .finally(() => {
      bar.stop();
      synthesizer.dispose();
    });
  const { sct, maps, warnings: doubts, ...how } = result;
  const names = bundles.map(({ model }) => model.name).join(", ");
  await target.write(sct, { model: names, signal });
  const written: Record<string, string> = {};
  for (const [name, volume] of Object.entries(out === STANDARD ? {} : maps)) {
    written[name] = mapFile(out, name);
    await writeVolume(written[name], volume, { formats, signal });
  }

  const { min, max, mean } = statistics(sct);
  output.say(`${out}: synthetic CT, ${describeGrid(sct)}; ${min.toFixed(0)} to ${max.toFixed(0)} HU`);
  for (const [name, file] of Object.entries(written)) output.say(`${file}: ${aboutMap(name, maps[name]!)}`);
  if (out === STANDARD && Object.keys(maps).length > 0)
    output.say(`Not written, for they have no name: ${Object.keys(maps).join(", ")}; give a file as <out>`);
  output.say(
    `Made by ${names} on ${how.backend} in ${how.seconds.toFixed(1)} s; outside the body: ${how.outside}` +
      `${how.resampled ? "; resampled to the model's spacing and back" : ""}`,
  );
  const warnings = sayWarnings(output, doubts);
  for (const note of maskNotes([[options.mask, mask]])) output.say(note);
  for (const { backend, reason } of how.passedOver) output.say(`auto did not take ${backend}: ${reason}`);
  for (const line of trainingWords(how.trainedOn)) output.say(line);
  output.say(DISCLAIMER);
  output.result({
    command: "synthesize",
    simulated: sct.simulated,
    input,
    output: out,
    maps: written,
    models: bundles.map(({ model, provenance }, n) => ({
      file: files[n],
      name: model.name,
      dataset: provenance.dataset,
    })),
    ...(asking.flips.length > 0 ? { flips: asking.flips } : {}),
    ...(asking.draws > 1 ? { draws: asking.draws } : {}),
    shape: sct.shape,
    spacing: sct.spacing,
    range: { min, max, mean, unit: "HU" },
    ...(warnings.length > 0 ? { warnings } : {}),
    ...how,
  });
}

function aboutMap(name: string, { unit, meta }: Volume): string {
  if (name === "spread") return "standard deviation of the averaged predictions, in HU";
  return Array.isArray(meta.classes)
    ? `labels ${meta.classes.join(", ")}`
    : `${name}${unit === "HU" ? ", in HU" : ""}`;
}

/** What `--input` says: each of the model's other inputs once, optional ones at will. */
function namedFiles(
  given: readonly string[],
  first: string,
  others: readonly InputSpec[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const names = others.map(({ name }) => name);
  for (const [name, file] of given.map(namedFile)) {
    assert(name !== first, `"${name}" is <in> already`, { where: "--input", hint: "give it once" });
    assert(!files.has(name), `"${name}" is given twice`, { where: "--input", hint: "give it once" });
    assert(names.includes(name), `the model has no input "${name}"`, {
      where: "--input",
      hint: names.length > 0 ? orNearest(name, names) : `its only input is <in> (${first})`,
    });
    files.set(name, file);
  }
  const absent = names.filter((name, n) => !others[n]!.optional && !files.has(name));
  assert(absent.length === 0, `the model needs ${absent.join(", ")} beside <in> (${first})`, {
    where: "--input",
    hint: `add ${absent.map((name) => `--input ${name}=FILE`).join(" ")}`,
  });
  return files;
}

function namedFile(text: string): readonly [name: string, file: string] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    return fail("invalid-argument", `must be name=file, got "${text}"`, {
      where: "--input",
      hint: "e.g. --input t2=t2.nii.gz",
    });
  return [text.slice(0, at), text.slice(at + 1)];
}
