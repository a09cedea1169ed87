import { resolve } from "node:path";
import type { Option } from "commander";
import { assert, MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { OnnxLayout } from "../../../networks/models/index.ts";
import type { Background } from "../../../road/model-file/index.ts";
import type { OnnxDescription, OnnxUse } from "../../../road/model-file/onnx/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { biasField, Normalizer, type Sampler } from "../../../road/preparation/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { inspectOnnx, loadOnnx, saveModel, saveOnnx } from "../../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "../command.ts";
import { collect } from "../io/inputs.ts";
import { longFlag } from "../io/long-flag.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";
import { preparationText } from "../onnx/preparation-text.ts";
import { NORMALIZER_FORM, readNormalizers } from "../onnx/read-normalizer.ts";
import { OUTPUTS_FORM, readOutputs } from "../onnx/read-outputs.ts";
import { tryNetwork } from "../onnx/try-network.ts";
import { flagOptions } from "../train/flag-options.ts";

/** How samples are cut: options of training under the same names. */
const CUT = ["axis", "size", "fit", "overlap", "context"] as const;

interface ImportOptions extends ConfigOptions, Partial<Readonly<Record<(typeof CUT)[number], string>>> {
  readonly spacing?: string;
  readonly inputs?: string;
  readonly normalise?: readonly string[];
  readonly window?: string;
  readonly range?: string;
  readonly outputs?: string;
  readonly output?: string;
  readonly layout?: string;
  readonly multipleOf?: string;
  readonly biasField?: boolean;
  readonly outside?: string;
  readonly margin?: string;
  readonly licence?: string;
  readonly dataset?: string;
  readonly simulated?: boolean;
  readonly json?: boolean;
}

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
    .option("--simulated", "it was trained on simulated images")
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
        ["synthesize mr.nii.gz sct.nii.gz --model model.safetensors --backend auto", "its synthetic CT"],
      ),
    )
    .action((net: string, out: string, options: ImportOptions) =>
      importOnnx(net, out, options, context(options)),
    );
};

/** Texts of training speak of its first case. */
function cutOptions(): readonly Option[] {
  const abouts: Partial<Record<(typeof CUT)[number], string>> = {
    size: "pixels of a slice, e.g. 256x256 (default: whole slices), or voxels of a patch (default: 96x96x96); what the file fixes counts",
    overlap: "of neighbouring tiles or patches (default: 0.25)",
  };
  return CUT.flatMap((key) => {
    const option = TRAIN_OPTIONS[key];
    const shown = "shown" in option ? option.shown : undefined;
    return flagOptions(
      longFlag(key),
      { ...option, about: abouts[key] ?? option.about },
      { group: "Samples:", shown },
    );
  });
}

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
  const reading = {
    output: options.output,
    layout: read(options, "layout", valueKinds.choice<OnnxLayout>(["NCHW", "NHWC", "NCDHW", "NDHWC"])),
    multipleOf: read(options, "multipleOf", valueKinds.integer({ min: 1 })),
    outputs: options.outputs === undefined ? undefined : readOutputs(options.outputs),
  };
  const about = await inspectOnnx(net, { ...reading, signal });
  const { use } = about;
  if ("problem" in use) throw MidashError.from(use.problem);
  const told = about.metadata["midash.preparation"] !== undefined;
  const slicer = slicerOf(options, use, registry);
  const bundle = await loadOnnx(net, {
    ...reading,
    signal,
    spacing: read(options, "spacing", TRAIN_OPTIONS.spacing),
    inputs: inputsOf(options, use, slicer, told),
    target: targetOf(options),
    steps: options.biasField ? [biasField()] : undefined,
    slicer,
    background: backgroundOf(options, about),
    licence: options.licence,
    dataset: options.dataset,
    simulated: options.simulated,
  });
  const trial = await tryNetwork(bundle, use, { registry, name: net, signal });
  await (out.endsWith(".onnx")
    ? saveOnnx(out, bundle, { plugins, signal })
    : saveModel(out, bundle, { signal }));

  const assumed = told ? [] : assumptions(options, use);
  output.say(`${out}: ${net} as a model${about.producer && `, written by ${about.producer}`}`);
  for (const line of useText(about, use)) output.say(`  ${line}`);
  for (const line of preparationText(bundle.preparation)) output.say(`  ${line}`);
  output.say(`  outside the body: ${bundle.background.outside}; licence ${bundle.licence}`);
  output.say("size" in trial ? `Tried on ${trial.size.join("×")} zeros: it runs` : `Not tried: ${trial.why}`);
  if (assumed.length > 0) output.say(`Assumed, since neither file nor flags say: ${assumed.join("; ")}`);
  if (about.unknown.length > 0) output.say(`Warning: ONNX Runtime has no ${about.unknown.join(", ")}`);
  if (bundle.provenance.simulated) output.say("The model was trained on simulated images.");
  output.say(DISCLAIMER);
  output.result({
    command: "import-onnx",
    simulated: bundle.provenance.simulated,
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

/** A flag's value, where it was given. */
function read<T>(
  options: ImportOptions,
  key: keyof ImportOptions,
  kind: { read(value: unknown, where: string): T },
): T | undefined {
  return options[key] === undefined ? undefined : kind.read(options[key], longFlag(key));
}

/** What the file fixes and what the flags say; `undefined`: the library's choice. */
function slicerOf(options: ImportOptions, { size }: OnnxUse, registry: Registry): Sampler | undefined {
  const given = CUT.filter((key) => options[key] !== undefined);
  if (given.length === 0) return undefined;
  const { part: type } = registry.samplers.find(({ part }) => part.dims === size.length)!;
  for (const key of given)
    assert(type.options.includes(key), `${type.type} have no such option`, {
      where: longFlag(key),
      hint: `leave it out: the network takes ${size.length}-D samples`,
    });
  const set = given.map((key) => [
    key,
    read(options, key, TRAIN_OPTIONS[key] as { read(v: unknown, w: string): unknown }),
  ]);
  const fixed = size.includes(0) ? {} : { size, ...(size.length === 2 ? { fit: "tile" } : {}) };
  return type.create({ ...fixed, ...Object.fromEntries(set) });
}

/** Names and normalizers; `undefined` where the file says them. */
function inputsOf(options: ImportOptions, use: OnnxUse, slicer: Sampler | undefined, told: boolean) {
  if (told && options.inputs === undefined && options.normalise === undefined) return undefined;
  const count = Math.max(1, Math.round(use.inChannels / (slicer?.channels(1) ?? 1)));
  const names = read(options, "inputs", TRAIN_OPTIONS.inputs) ?? namesFrom(use.input, count);
  return readNormalizers(names, options.normalise ?? [], Normalizer.percentile());
}

/** "mr", or "mr1", "mr2". */
function namesFrom(input: string, count: number): readonly string[] {
  return count === 1 ? [input] : Array.from({ length: count }, (_, n) => `${input}${n + 1}`);
}

/** How the output's values become HU. */
function targetOf(options: ImportOptions): Normalizer | undefined {
  const pair = valueKinds.tuple(2, valueKinds.number());
  const range = read(options, "range", pair);
  if (options.window === undefined || options.window === "hu") {
    assert(range === undefined, "goes with --window LOW,HIGH", {
      where: "--range",
      hint: "say which HU the two values stand for, e.g. --window -1024,3071",
    });
    return options.window && Normalizer.window({ min: -1024, max: 3071, output: [-1024, 3071] });
  }
  const [min, max] = pair.read(options.window, "--window");
  assert(min < max, `must be low before high, got ${min},${max}`, { where: "--window" });
  assert(!range || range[0] < range[1], `must be low before high, got ${range?.join()}`, {
    where: "--range",
  });
  return Normalizer.window({ min, max, ...(range ? { output: range } : {}) });
}

function backgroundOf(options: ImportOptions, { metadata }: OnnxDescription): Background | undefined {
  const outside = read(options, "outside", TRAIN_OPTIONS.outside);
  const margin = read(options, "margin", valueKinds.number({ min: 0 }));
  if (outside === undefined && margin === undefined) return undefined;
  const before = JSON.parse(metadata["midash.background"] ?? "{}") as Partial<Background>;
  return { outside: outside ?? before.outside ?? "air", margin: margin ?? before.margin ?? 8 };
}

/** What was settled without anybody saying it, each with the flag that says otherwise. */
function assumptions(options: ImportOptions, { size, multipleOf }: OnnxUse): readonly string[] {
  const free = size.includes(0);
  return [
    ...(options.normalise ? [] : ["percentiles normalise the MR (--normalise)"]),
    ...(options.multipleOf || !free ? [] : [`sizes in multiples of ${multipleOf} (--multiple-of)`]),
    ...(options.axis || size.length === 3 ? [] : ["slices are axial (--axis)"]),
    ...(options.window && options.window !== "hu" && !options.range
      ? ["its output runs from 0 to 1 (--range)"]
      : []),
  ];
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
