import { resolve } from "node:path";
import { assert, MidashError } from "../../../base/errors/index.ts";
import type { OnnxDescription, OnnxUse } from "../../../road/model-file/onnx/index.ts";
import { parseSampler } from "../../../road/preparation/index.ts";
import { inspectOnnx, loadOnnx, saveModel, saveOnnx } from "../../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "../command.ts";
import { collect } from "../io/inputs.ts";
import { trainingWords } from "../io/model-words.ts";
import { CONFIG_OPTIONS, setupOf } from "../io/setup.ts";
import {
  assumptions,
  cutOptions,
  type ImportOptions,
  readingFrom,
  stepsFrom,
} from "../onnx/import-options.ts";
import { preparationText } from "../onnx/preparation-text.ts";
import { NORMALIZER_FORM } from "../onnx/read-normalizer.ts";
import { OUTPUTS_FORM } from "../onnx/read-outputs.ts";
import { tryNetwork } from "../onnx/try-network.ts";

export const addImportOnnx: AddCommand = (program, context) => {
  const command = program
    .command("import-onnx")
    .summary("make a model of an ONNX file, e.g. a network exported from PyTorch")
    .description(
      "Makes a model for synthesize of an ONNX file: one float32 image in, one of that size out. Names, layout, channels and sizes are read from the\n" +
        "file; what its values mean must be said, unless its metadata does, as in files of export-onnx. The network is tried on zeros where ONNX Runtime is installed.",
    )
    .usage("<net> <out> --spacing <x,y,z> --window <low,high> [options]")
    .argument("<net>", "the network (.onnx), its weights in the same file")
    .argument(
      "<out>",
      "the model to write: .safetensors, or .onnx that holds its steps; one that is there is replaced",
    )
    .option(
      "--spacing <x,y,z>",
      "voxel size in mm, along right, forward and up, of the images it was trained on",
    )
    .option(
      "--window <low,high>",
      "HU that the ends of --range stand for, e.g. -1024,3071; or hu: its output is HU as it stands",
    )
    .option("--range <low,high>", "values of its output that --window speaks of (default: 0,1)")
    .option("--no-clip", "its output may leave --range (default: it is clipped)")
    .option(
      "--inputs <names>",
      "MR inputs in channel order, e.g. t1,t2 (default: the name of the file's input)",
    )
    .option(
      "--normalise <how>",
      `how inputs were normalised, ${NORMALIZER_FORM}: percentile, zscore, minmax, window:0,1000; of one input NAME=HOW; may be repeated (default: percentile:0.5,99.5:0,1)`,
      collect,
    )
    .option("--outputs <list>", `what the channels of its output are, each of ${OUTPUTS_FORM} (default: ct)`)
    .option("--output <name>", "which output, where there are several")
    .option("--layout <axes>", "NCHW, NHWC, NCDHW or NDHWC (default: as the file's shapes say)")
    .option(
      "--multiple-of <n>",
      "sizes are padded to multiples of this (default: 32, or the size that the file fixes)",
    )
    .option("--bias-field", "take each MR's bias field (N4) out before it is normalised");
  for (const option of cutOptions()) command.addOption(option);
  command
    .option("--outside <what>", "air, or keep what it makes outside the body (default: air)")
    .option("--margin <mm>", "growth of the body that is estimated from the MR (default: 8)")
    .option("--licence <spdx>", "of the weights (default: as the file says, else NOASSERTION)")
    .option("--dataset <text>", "what it was trained on (default: unknown)")
    .option(
      "--trained-on <what>",
      "phantoms, simulated heads, patients or unknown (default: as the file says, else unknown); one of phantoms is meant for these alone",
    )
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        [
          "import-onnx net.onnx model.safetensors --spacing 1,1,1 --window -1024,3071",
          "[0, 1] is -1024 to 3071 HU",
        ],
        [
          "import-onnx net.onnx model.safetensors --spacing 1,1,3 --window -1000,2000 --range -1,1 --normalise minmax:-1,1 --axis sagittal",
          "a network with tanh at its end, for sagittal slices",
        ],
        [
          "import-onnx net.onnx model.safetensors --spacing 1,1,1 --window hu --inputs t1,t2 --normalise t1=zscore --normalise t2=percentile --outputs ct,tissue=air/soft/bone",
          "two inputs; HU, and the probabilities of three classes",
        ],
        ["synthesize mr.nii.gz sct.nii.gz --model model.safetensors", "its synthetic CT"],
      ),
    )
    .action((net: string, out: string, options: ImportOptions) =>
      importOnnx(net, out, options, context(options)),
    );
};

async function importOnnx(
  net: string,
  out: string,
  options: ImportOptions,
  { output, signal }: Context,
): Promise<void> {
  assert(/\.(safetensors|onnx)$/.test(out), `must end in .safetensors or .onnx, got "${out}"`, {
    where: "<out>",
  });
  assert(resolve(net) !== resolve(out), "is the network itself", {
    where: "<out>",
    hint: "write to another file",
  });
  const { plugins, registry } = await setupOf(options);
  const reading = readingFrom(options);
  const about = await inspectOnnx(net, { ...reading, signal });
  const { use } = about;
  if ("problem" in use) throw MidashError.from(use.problem);
  const bundle = await loadOnnx(net, { ...reading, ...stepsFrom(options, about, use, registry), signal });
  const trial = await tryNetwork(bundle, use, { registry, name: net, signal });
  await (out.endsWith(".onnx")
    ? saveOnnx(out, bundle, { plugins, signal })
    : saveModel(out, bundle, { signal }));

  const assumed = assumptions(options, about, use, parseSampler(bundle.preparation.sampler));
  output.say(`${out}: ${net} as a model${about.producer && `, written by ${about.producer}`}`);
  for (const line of useText(about, use)) output.say(`  ${line}`);
  for (const line of preparationText(bundle.preparation)) output.say(`  ${line}`);
  output.say(`  outside the body: ${bundle.background.outside}; licence ${bundle.licence}`);
  output.say(
    "size" in trial
      ? `Tried on ${trial.size.join("×")} zeros: it runs`
      : `Warning: not tried, and synthesize can't run it here before ONNX Runtime works: ${trial.why}`,
  );
  if (assumed.length > 0) output.say("Assumed, since neither file nor flags say:");
  for (const line of assumed) output.say(`  ${line}`);
  if (about.unknown.length > 0) output.say(`Warning: ONNX Runtime has no ${about.unknown.join(", ")}`);
  const { trainedOn } = bundle.provenance;
  for (const line of trainingWords(trainedOn)) output.say(line);
  output.say(DISCLAIMER);
  output.result({
    command: "import-onnx",
    trainedOn,
    intendedFor: bundle.intendedFor,
    input: net,
    output: out,
    use,
    preparation: bundle.preparation,
    background: bundle.background,
    licence: bundle.licence,
    tried: "size" in trial ? trial : { reason: trial.why },
    assumed,
    unknownOperators: about.unknown,
  });
}

/** What was read from the file. */
function useText({ inputs, outputs, parameters, opsets }: OnnxDescription, use: OnnxUse): readonly string[] {
  const shape = (values: OnnxDescription["inputs"], name: string) =>
    `"${name}" [${values.find((value) => value.name === name)!.shape.join(", ")}]`;
  const channels = (n: number) => `${n} channel${n === 1 ? "" : "s"}`;
  return [
    `takes ${shape(inputs, use.input)} as ${use.layout}, ${channels(use.inChannels)}; gives ${shape(outputs, use.output)}, ${channels(use.outChannels)}`,
    `${parameters.toLocaleString("en")} weights, opset ${opsets[""] ?? opsets["ai.onnx"] ?? "unknown"}; sizes in multiples of ${use.multipleOf}`,
  ];
}
