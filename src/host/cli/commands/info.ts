import { fromBase64 } from "../../../base/bytes/index.ts";
import type { LeftOut } from "../../../imaging/formats/index.ts";
import { orientationOf, statistics, type Volume } from "../../../imaging/volume/index.ts";
import { OnnxModel, type OnnxModelConfig } from "../../../networks/models/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { describeOnnx, type OnnxDescription } from "../../../road/model-file/onnx/index.ts";
import { assertPreparation } from "../../../road/preparation/index.ts";
import { inspectOnnx, listFolder, loadModel } from "../../node/index.ts";
import { type AddCommand, type Context, examples, Incomplete, JSON_OPTION } from "../command.ts";
import { assertChoiceUsed, FRAME_OPTION, located, SERIES_OPTION } from "../io/choice.ts";
import { type ReadOptions, readAny, readOptions } from "../io/inputs.ts";
import { isFolder } from "../io/paths.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";
import { preparationText } from "../onnx/preparation-text.ts";
import { sayLeftOut, sayListing } from "./info-folder.ts";

interface InfoOptions extends ConfigOptions {
  readonly frame?: string;
  readonly series?: string;
  readonly json?: boolean;
}

export const addInfo: AddCommand = (program, context) => {
  program
    .command("info")
    .summary("what a volume or a model file holds")
    .description(
      "Shows a volume's shape, spacing, affine, orientation, type, unit and range; a model's name, config, steps and provenance; an ONNX file's inputs, outputs and operators; of a folder, the series and volumes in it and below it, and every other file by what it is. Files that can't be read are named with the reason; the exit code is then 2.",
    )
    .argument("<file>", "a volume of any format, a folder, a model (.safetensors), or a network (.onnx)")
    .option(FRAME_OPTION[0], `${FRAME_OPTION[1]}; the range is of it (default: 0)`)
    .option(...SERIES_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["info mr.nii.gz", "a volume"],
        ["info disc/", "a patient's disc: every series and volume in it"],
        ["info demo-out/model.safetensors --json", "a model, for programs"],
        ["info net.onnx", "a network: what it takes and gives, and what import-onnx must be told"],
      ),
    )
    .action((file: string, options: InfoOptions) => info(file, options, context(options)));
};

async function info(file: string, options: InfoOptions, { output, signal }: Context): Promise<void> {
  const { formats } = (await setupOf(options)).registry;
  const { path, ...choice } = await located(file, options);
  if (choice.series === undefined && (await isFolder(path))) {
    const listing = await listFolder(path, { formats, signal });
    const [one, ...more] = listing.series;
    const count = listing.unreadable.length;
    if (!one || one.problem !== undefined || more.length + listing.volumes.length + count > 0) {
      sayListing(file, listing, output);
      output.result({ command: "info", kind: "folder", file, ...listing });
      if (count === 0) return;
      throw new Incomplete(
        `${file}: ${count} ${count === 1 ? "file" : "files"} can't be read; get the ${count === 1 ? "file" : "files"} again, or remove ${count === 1 ? "it" : "them"}`,
      );
    }
  }
  const read = { ...readOptions(choice, formats, { output, signal }), say: undefined };
  const facts = /\.safetensors$/i.test(path)
    ? await modelFacts(await loadModel(path, { signal }))
    : /\.onnx$/i.test(path)
      ? onnxFacts(await inspectOnnx(path, { signal }), path)
      : await volumeFacts(path, read);
  output.say(file);
  const { leftOut, ...others } = facts as { readonly leftOut?: readonly LeftOut[] };
  for (const [name, value] of Object.entries(others))
    output.say(`  ${name.padEnd(NAMES)} ${name === "preparation" ? stepsInWords(value) : inWords(value)}`);
  sayLeftOut(leftOut ?? [], "  ", output);
  output.result({ command: "info", file, ...facts });
}

/** What formats put into `meta` and people want to know. */
const FACTS = [
  "modality",
  "seriesDescription",
  "resampled",
  "paddingValue",
  "frameTimes",
  "leftOut",
] as const;

async function volumeFacts(path: string, read: ReadOptions): Promise<object> {
  const volume = await readAny(path, { ...read, frame: read.frame ?? "0" });
  assertChoiceUsed(read, volume);
  const { shape, affine, unit, scaling, simulated, meta } = volume;
  const rows = [0, 4, 8, 12].map((r) => affine.slice(r, r + 4));
  const finite = hasFinite(volume) ? statistics(volume) : undefined;
  return {
    kind: "volume",
    format: meta.format,
    shape,
    spacing: volume.spacing,
    orientation: orientationOf(affine),
    affine: rows,
    affineFrom: meta.affineFrom,
    type: volume.data.constructor.name.replace("Array", "").toLowerCase(),
    scaling,
    unit,
    simulated,
    ...(volume.trainedOn === undefined ? {} : { trainedOn: volume.trainedOn }),
    range: finite ? { min: finite.min, max: finite.max, mean: finite.mean } : null,
    nonFinite: finite ? finite.nonFinite : volume.size,
    ...(meta.frames === undefined
      ? {}
      : { frames: meta.frames, frame: meta.frame, frameLabels: meta.frameLabels }),
    ...(meta.description === undefined ? {} : { description: String(meta.description).trim() }),
    ...Object.fromEntries(FACTS.filter((key) => meta[key] !== undefined).map((key) => [key, meta[key]])),
  };
}

function hasFinite(volume: Volume): boolean {
  return volume.data.some(Number.isFinite);
}

async function modelFacts(bundle: ModelBundle): Promise<object> {
  const { model, weights, preparation, background, provenance, metrics, licence } = bundle;
  const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  return {
    kind: "model",
    name: model.name,
    ...(await modelConfig(bundle)),
    parameters,
    preparation,
    background,
    provenance,
    metrics,
    licence,
    trainedOn: provenance.trainedOn,
    intendedFor: bundle.intendedFor,
  };
}

/** A model's options; of one that came as an ONNX file, what the file says in its place. */
async function modelConfig({ model, weights }: ModelBundle): Promise<object> {
  if (model.name !== OnnxModel.definition.name) return { config: model.config };
  const { graph, ...config } = OnnxModel(model.config as OnnxModelConfig).config as Required<OnnxModelConfig>;
  const { inputs, outputs, opsets, operators, unknown } = await describeOnnx(fromBase64(graph));
  const network = networkFacts({ inputs: inputs.filter(({ name }) => !(name in weights)), outputs });
  return { config, ...network, ...operatorFacts({ opsets, operators, unknown }) };
}

/** An ONNX file, any one: whether it can be a model is one of the facts. */
function onnxFacts(about: OnnxDescription, path: string): object {
  const { producer, parameters, metadata, use, ...network } = about;
  const story: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(metadata).map(([key, text]) => [STORY[key] ?? key, asJson(text)]),
  );
  const { trainedOn = null } = (story.provenance ?? {}) as { readonly trainedOn?: string };
  return {
    kind: "onnx",
    producer: producer || null,
    ...networkFacts(network),
    ...operatorFacts(network),
    parameters,
    usable:
      "problem" in use
        ? `no: ${use.message}`
        : `yes: as ${use.layout}, sizes in multiples of ${use.multipleOf}`,
    ...("midash.preparation" in metadata || "problem" in use
      ? {}
      : { steps: `not stated: npx @midash/core import-onnx ${path} OUT --spacing X,Y,Z --window LOW,HIGH` }),
    ...story,
    trainedOn,
  };
}

/** Metadata of `exportOnnx` by the names that facts of model files have. */
const STORY: Readonly<Record<string, string>> = {
  "midash.model": "model",
  "midash.preparation": "preparation",
  "midash.background": "background",
  "midash.provenance": "provenance",
  "midash.metrics": "metrics",
  "midash.outputs": "channels",
  "midash.multipleOf": "multipleOf",
};

function networkFacts({ inputs, outputs }: Pick<OnnxDescription, "inputs" | "outputs">): object {
  const said = ({ name, type, shape }: OnnxDescription["inputs"][number]) =>
    `${name}: ${type} [${shape.join(", ")}]`;
  return { inputs: inputs.map(said), outputs: outputs.map(said) };
}

function operatorFacts({
  opsets,
  operators,
  unknown,
}: Pick<OnnxDescription, "opsets" | "operators" | "unknown">) {
  return {
    opsets: Object.fromEntries(
      Object.entries(opsets).map(([domain, version]) => [domain || "ai.onnx", version]),
    ),
    operators: Object.fromEntries(
      operators.map(({ name, domain, count }) => [domain ? `${domain}.${name}` : name, count]),
    ),
    ...(unknown.length > 0 ? { unknownOperators: unknown } : {}),
  };
}

/** Metadata of others may hold anything, of any length. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.length > LONG ? `${text.slice(0, LONG)}... (${text.length} characters)` : text;
  }
}

/** Characters of a line that still reads. */
const LONG = 200;

/** The steps of a model; what an ONNX file says in their place may be anything. */
function stepsInWords(value: unknown): string {
  try {
    assertPreparation(value);
  } catch {
    return inWords(value);
  }
  return preparationText(value).join(NEXT);
}

/** Letters of the longest name. */
const NAMES = 17;
/** A new line under the values. */
const NEXT = `\n${" ".repeat(NAMES + 3)}`;

/** A fact on one line; affines on four. */
function inWords(value: unknown): string {
  if (Array.isArray(value) && value.every(Array.isArray))
    return value.map((row) => row.map(decimals).join("")).join(NEXT);
  if (Array.isArray(value) && value.every((v) => typeof v === "string"))
    return value.map((v, n) => `${n}: ${v}`).join(NEXT);
  if (Array.isArray(value) && value.some((v) => typeof v === "object"))
    return value.map((v) => JSON.stringify(v)).join(NEXT);
  if (Array.isArray(value) && value.every((v) => typeof v === "number"))
    return value.map((v) => Number(v.toPrecision(6))).join(" × ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, v]) => `${key} ${typeof v === "number" ? Number(v.toPrecision(6)) : JSON.stringify(v)}`)
      .join(", ");
  return String(value ?? "not stated");
}

/** Three decimals, never -0.000. */
function decimals(value: number): string {
  return (Math.round(value * 1000) / 1000 + 0).toFixed(3).padStart(10);
}
