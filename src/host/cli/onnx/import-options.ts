import type { Option } from "commander";
import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { IMAGE_ORIGINS, type ImageOrigin } from "../../../imaging/volume/index.ts";
import type { OnnxLayout } from "../../../networks/models/index.ts";
import type { Background } from "../../../road/model-file/index.ts";
import type {
  FromOnnxOptions,
  OnnxDescription,
  OnnxReading,
  OnnxUse,
} from "../../../road/model-file/onnx/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { biasField, Normalizer, type Sampler } from "../../../road/preparation/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";
import { longFlag } from "../../runs/index.ts";
import type { ConfigOptions } from "../io/setup.ts";
import { flagOptions } from "../train/flag-options.ts";
import { readNormalizers } from "./read-normalizer.ts";
import { readOutputs } from "./read-outputs.ts";

/** How samples are cut: options of training under the same names. */
const CUT = ["axis", "size", "fit", "overlap", "context"] as const;

/** Flags of `midash import-onnx`. */
export interface ImportOptions
  extends ConfigOptions,
    Partial<Readonly<Record<(typeof CUT)[number], string>>> {
  readonly spacing?: string;
  readonly inputs?: string;
  readonly normalise?: readonly string[];
  readonly window?: string;
  readonly range?: string;
  /** `false`: `--no-clip`. */
  readonly clip?: boolean;
  readonly outputs?: string;
  readonly output?: string;
  readonly layout?: string;
  readonly multipleOf?: string;
  readonly biasField?: boolean;
  readonly outside?: string;
  readonly margin?: string;
  readonly licence?: string;
  readonly dataset?: string;
  readonly trainedOn?: string;
  readonly json?: boolean;
}

/** Texts of training speak of its first case. */
export function cutOptions(): readonly Option[] {
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

/** What the flags say of how the file is read. */
export function readingFrom(options: ImportOptions): OnnxReading {
  return {
    output: options.output,
    layout: read(options, "layout", valueKinds.choice<OnnxLayout>(["NCHW", "NHWC", "NCDHW", "NDHWC"])),
    multipleOf: read(options, "multipleOf", valueKinds.integer({ min: 1 })),
    outputs: options.outputs === undefined ? undefined : readOutputs(options.outputs),
  };
}

/** What the flags say of the steps around a network, beside what its file says. */
export function stepsFrom(
  options: ImportOptions,
  { metadata }: OnnxDescription,
  use: OnnxUse,
  registry: Registry,
): Omit<FromOnnxOptions, keyof OnnxReading | "name"> {
  const told = tellsSteps({ metadata });
  const slicer = slicerOf(options, use, registry);
  return {
    spacing: read(options, "spacing", TRAIN_OPTIONS.spacing),
    inputs: inputsOf(options, use, slicer, told),
    target: targetOf(options),
    steps: options.biasField ? [biasField()] : undefined,
    slicer,
    background: backgroundOf(options, metadata),
    licence: options.licence,
    dataset: options.dataset,
    trainedOn: read(options, "trainedOn", valueKinds.choice<ImageOrigin>(IMAGE_ORIGINS)),
  };
}

/** Whether a file says which steps there are, as files of `exportOnnx` do. */
function tellsSteps({ metadata }: Pick<OnnxDescription, "metadata">): boolean {
  return metadata["midash.preparation"] !== undefined;
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
  const { window, clip = true } = options;
  if (window === undefined || window === "hu") {
    assert(range === undefined, "goes with --window LOW,HIGH", {
      where: "--range",
      hint: "say which HU the two values stand for, e.g. --window -1024,3071",
    });
    return window && Normalizer.window({ min: -1024, max: 3071, output: [-1024, 3071], clip });
  }
  const [min, max] = pair.read(window, "--window");
  const ordered = (flag: string, [low, high]: readonly [number, number]) =>
    assert(low < high, `must be low before high, got ${low},${high}`, { where: flag });
  ordered("--window", [min, max]);
  if (range) ordered("--range", range);
  return Normalizer.window({ min, max, output: range, clip });
}

function backgroundOf(options: ImportOptions, metadata: OnnxDescription["metadata"]): Background | undefined {
  const outside = read(options, "outside", TRAIN_OPTIONS.outside);
  const margin = read(options, "margin", valueKinds.number({ min: 0 }));
  if (outside === undefined && margin === undefined) return undefined;
  const before = JSON.parse(metadata["midash.background"] ?? "{}") as Partial<Background>;
  return { outside: outside ?? before.outside ?? "air", margin: margin ?? before.margin ?? 8 };
}

/** What was settled without anybody saying it, each with the flag that says otherwise. */
export function assumptions(
  options: ImportOptions,
  about: OnnxDescription,
  { size, multipleOf }: OnnxUse,
  sampler: Sampler,
): readonly string[] {
  if (tellsSteps(about)) return [];
  const free = size.includes(0);
  return [
    ...(options.normalise ? [] : ["percentiles normalise the MR (--normalise)"]),
    ...(options.multipleOf || !free ? [] : [`sizes in multiples of ${multipleOf} (--multiple-of)`]),
    ...(options.axis || size.length === 3 ? [] : ["slices are axial (--axis)"]),
    `${corner(sampler)}; a network trained on arrays of DICOM or SimpleITK, which are turned against that, or of nibabel, which are transposed, must be exported within a wrapper (docs/guides/onnx.md: Which way up)`,
    ...(options.window && options.window !== "hu" && !options.range
      ? ["its output runs from 0 to 1 (--range)"]
      : []),
  ];
}

/** Where pixel 0 along each axis of a sample lies: "row 0 of a sample is posterior, column 0 is left". */
function corner({ axes }: Sampler): string {
  const ends = { x: "left", y: "posterior", z: "inferior" } as const;
  const names = ["plane", "row", "column"].slice(-axes.length);
  return axes.map((axis, n) => `${names[n]} 0 ${n === 0 ? "of a sample " : ""}is ${ends[axis]}`).join(", ");
}
