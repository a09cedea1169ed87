import { assert, fail, MidashError } from "../../../base/errors/index.ts";
import type { ImageOrigin, Triple } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import { OnnxModel } from "../../../networks/models/index.ts";
import type { Normalizer } from "../../preparation/index.ts";
import {
  assertChannels,
  assertDims,
  assertPreparation,
  definePreparation,
  type PreparationJson,
  parseSampler,
  type Sampler,
  Slicer,
  type Step,
  type StepJson,
  usualSteps,
} from "../../preparation/index.ts";
import {
  assertBundle,
  type Background,
  type IntendedFor,
  intendedAfter,
  type ModelBundle,
  type Provenance,
} from "../bundle.ts";
import { assertOutputs, type OnnxReading, readOnnx } from "./read-onnx.ts";

/** Options of {@link fromOnnx}. What the file's own metadata says (`midash.preparation`, ...) need not be given. */
export interface FromOnnxOptions extends OnnxReading {
  /** Who the file is, to begin errors with. Default "ONNX file". */
  readonly name?: string;
  /** Voxel size in mm that the network was trained on. */
  readonly spacing?: Triple;
  /** Its inputs in the order of its channels, and how each was normalised. */
  readonly inputs?: readonly { readonly name: string; readonly normalizer: Normalizer }[];
  /** How the CT was normalised: its inverse makes HU of what the network gives. Must be fitted. */
  readonly target?: Normalizer;
  /** Further steps on the network's grid, before its inputs are normalised, e.g. `biasField()`. Default: none. */
  readonly steps?: readonly Step[];
  /** How samples were cut. Default: whole axial slices; tiles where the file fixes H and W; for 3-D networks patches. */
  readonly slicer?: Sampler;
  /** Default: air outside the body, which is estimated from the MR with a margin of 8 mm. */
  readonly background?: Background;
  /** SPDX. Default NOASSERTION: nothing is known. */
  readonly licence?: string;
  /** What it was trained on, in words. Default "unknown". */
  readonly dataset?: string;
  /** The images that it was trained on. Default "unknown". */
  readonly trainedOn?: ImageOrigin;
  /** What it may be shown. Default: "phantoms" where it was trained on these, else what you show it. */
  readonly intendedFor?: IntendedFor;
}

/** The trainer's, see `Background`. */
const BACKGROUND: Background = { outside: "air", margin: 8 };

/**
 * Makes a model of an ONNX file, one that `torch.onnx.export` wrote for example: for `Synthesizer`, and, by `encodeModel`, for a
 * model file. It takes one float32 image, [N, C, H, W] or [N, H, W, C], in 3-D with D before H, and gives one of that size with a single channel in the
 * range of `target`, or with those that its metadata names (`midash.outputs`). What the file says is read from it; what values mean (spacing, normalisation) must be told, or stand in its
 * metadata, as in files of `exportOnnx`. It is for inference, on ONNX Runtime.
 *
 * @throws MidashError `invalid-file` when the bytes are no ONNX file; `unsupported` naming what can't work (several inputs, other
 *   types, weights in other files); `invalid-argument` for what must be told
 */
export async function fromOnnx(bytes: Uint8Array, options: FromOnnxOptions = {}): Promise<ModelBundle> {
  const { name = "ONNX file" } = options;
  const network = await readOnnx(bytes, options, name);
  assertOutputs(network, name);
  const { config, parts } = network;
  const told = <T>(key: string) => parsed<T>(parts.metadata[key], key, name);
  const preparation = preparationFrom(told<Json>("midash.preparation"), options, config.size, name);
  const sampler = parseSampler(preparation.sampler);
  assertChannels(
    config.inChannels,
    preparation.inputs.map((input) => input.name),
    sampler,
    name,
  );
  const spec = OnnxModel(config);
  assertDims(spec, sampler, name);
  const provenance: Provenance = told<Provenance>("midash.provenance") ?? {
    library: parts.producer || "unknown",
    created: new Date().toISOString(),
    dataset: "unknown",
    trainedOn: "unknown",
    cases: 0,
    seed: 0,
    backend: "unknown",
    epochs: 0,
    steps: 0,
    settings: null,
  };
  const { dataset = provenance.dataset, trainedOn = provenance.trainedOn } = options;
  const bundle: ModelBundle = {
    schema: 1,
    model: { name: spec.name, config: spec.config },
    preparation,
    background: options.background ?? told<Background>("midash.background") ?? BACKGROUND,
    weights: parts.weights,
    provenance: { ...provenance, dataset, trainedOn },
    intendedFor: options.intendedFor ?? told<IntendedFor>("midash.intendedFor") ?? intendedAfter(trainedOn),
    metrics: told<ModelBundle["metrics"]>("midash.metrics") ?? {},
    licence: options.licence ?? parts.metadata.licence ?? "NOASSERTION",
  };
  assertBundle(bundle, name);
  return bundle;
}

/** The steps around the network: what is told counts, then what the file says. */
function preparationFrom(
  json: Json | undefined,
  options: FromOnnxOptions,
  size: readonly number[],
  where: string,
): PreparationJson {
  if (json !== undefined) assertPreparation(json);
  const { target } = options;
  assert(!target || target.isFitted, "must be fitted: what the network gives is to become HU without a CT", {
    where: { option: "target" },
  });
  const slicer = options.slicer ?? (json ? parseSampler(json.sampler) : samplerFor(size));
  const cut = slicer.fixedSize;
  if (slicer.dims === size.length && size.some((n, axis) => n > 0 && n !== cut?.[axis]))
    fail(
      "invalid-argument",
      `the network takes ${size.map((n) => n || "any").join("×")} samples alone, the slicer cuts ${cut?.join("×") ?? "whole slices"}`,
      { where, hint: "give a slicer of that size, or leave it out" },
    );
  if (json) {
    assert(!options.steps, "the file says which steps there are", {
      where: { call: where, option: "steps" },
      hint: "leave them out",
    });
    return told(json, options, slicer);
  }
  const missing = (option: string): never =>
    fail("invalid-argument", "must be told: the file does not say", {
      where: { call: where, option },
      hint: [["give the option ", { option }]],
    });
  const { spacing = missing("spacing"), inputs = missing("inputs"), steps: further } = options;
  const steps = usualSteps({
    spacing,
    further,
    inputs: byName(inputs),
    target: target ?? missing("target"),
  });
  return definePreparation({ inputs, steps, sampler: slicer }).toJSON();
}

/** Samples of the size that a network fixes, or of any. */
function samplerFor(size: readonly number[]): Sampler {
  const [a = 0, b = 0, c = 0] = size;
  const fixed = !size.includes(0);
  if (size.length === 3) return Slicer.patches(fixed ? { size: [a, b, c] } : {});
  return Slicer.slices(fixed ? { size: [a, b], fit: "tile" } : {});
}

/** What the file says, with what is told in its place. */
function told(json: PreparationJson, options: FromOnnxOptions, sampler: Sampler): PreparationJson {
  const { spacing, inputs, target } = options;
  const change = (step: StepJson): StepJson => {
    if (step.type === "spacing" && spacing) return { ...step, spacing };
    if (step.type !== "normalise") return step;
    return {
      ...step,
      ...(inputs ? { inputs: plain(byName(inputs)) } : {}),
      ...(target ? { targets: plain({ ct: target }) } : {}),
    };
  };
  const changed: PreparationJson = {
    inputs: inputs?.map(({ name }) => ({ name })) ?? json.inputs,
    steps: json.steps.map(change),
    sampler: sampler.toJSON(),
  };
  assertPreparation(changed);
  return changed;
}

function byName(inputs: NonNullable<FromOnnxOptions["inputs"]>): Record<string, Normalizer> {
  return Object.fromEntries(inputs.map(({ name, normalizer }) => [name, normalizer]));
}

function plain(normalizers: Readonly<Record<string, Normalizer>>): Json {
  return JSON.parse(JSON.stringify(normalizers)) as Json;
}

function parsed<T>(text: string | undefined, key: string, where: string): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new MidashError("invalid-file", `its metadata "${key}" is not JSON`, { where, cause });
  }
}
