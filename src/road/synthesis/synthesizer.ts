import { assert, throwIfAborted, type Warning } from "../../base/errors/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import {
  assertSameGrid,
  foregroundMask,
  type ImageOrigin,
  maskBytes,
  Volume,
  type WorldAxis,
} from "../../imaging/volume/index.ts";
import type { Background, IntendedFor, ModelBundle } from "../model-file/index.ts";
import { cleanInput, type InputSpec, type Output } from "../preparation/index.ts";
import type { PassedOver } from "./auto-backend.ts";
import { draws } from "./draws.ts";
import { ensemble } from "./ensemble.ts";
import { flips } from "./flips.ts";
import { labelsOf } from "./label-map.ts";
import { assertMeantFor } from "./meant-for.ts";
import { type ModelPredictorOptions, modelPredictor } from "./model-predictor.ts";
import { outsideAs } from "./outside-as.ts";
import type { Predictor, PredictorFacts } from "./predictor.ts";
import type { Progress } from "./progress.ts";

/** How often a {@link Synthesizer} asks, and with which seed. */
export interface AskingOptions {
  /** Ask for the image mirrored along these axes too, in all combinations, and average; see {@link flips}. Default: none. */
  readonly flips?: readonly WorldAxis[];
  /** Ask a model that draws (diffusion) so many times, and average; see {@link draws}. Default 1. */
  readonly draws?: number;
  /** For models that draw: the same seed gives the same sCT. Default 0. */
  readonly seed?: number;
}

/** Options of {@link Synthesizer}. */
export interface SynthesizerOptions extends ModelPredictorOptions, AskingOptions {}

/** Options of {@link Synthesizer.run}. */
export interface SynthesisOptions {
  /** The body, on the input's grid; outside it the sCT is air. Default: estimated from the first input. */
  readonly mask?: Volume;
  /** Default: as the model file says. */
  readonly outside?: Background["outside"];
  /** Let a model that is meant for phantoms see a measured image. Default false: refused. */
  readonly allowPhantomModel?: boolean;
  readonly signal?: AbortSignal;
  /** Samples of the model done, of all. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What {@link Synthesizer.run} gives. */
export interface SynthesisResult {
  /** Synthetic CT in HU (Float32), on the grid of the input. */
  readonly sct: Volume;
  /**
   * What else the models give, by name, on that grid: `spread` is the standard deviation in HU where several predictions were averaged;
   * labels are label volumes (Uint8; `meta.classes` names them), a scale is in HU.
   */
  readonly maps: Readonly<Record<string, Volume>>;
  /** The backend that ran. */
  readonly backend: string;
  /** With the backend `"auto"`: those that would have come first, and why they were not taken. Else empty. */
  readonly passedOver: readonly PassedOver[];
  /** True when the input was resampled to the model's grid (another spacing, or oblique) and the sCT back. */
  readonly resampled: boolean;
  /** What lies outside the body: given mask, mask estimated from the MR, or left as the model made it. */
  readonly outside: "air, given mask" | "air, estimated mask" | "keep";
  /** The images that the models were trained on; of several what is farthest from patients. Also `sct.trainedOn`. */
  readonly trainedOn: ImageOrigin;
  /** What the models may be shown; of several the narrowest. */
  readonly intendedFor: IntendedFor;
  /** What was doubtful about the inputs, and what was made of it: NaN, spikes, another sequence than the model knows. Show them. */
  readonly warnings: readonly Warning[];
  readonly seconds: number;
}

/**
 * The whole road from MR to synthetic CT: the steps forward, samples, predict, assemble, the steps backward to HU on the source
 * grid. Holds the model in memory until `dispose`.
 *
 * @example
 * const synthesizer = new Synthesizer(decodeModel(bytes), { backend: wasm() });
 * const { sct } = await synthesizer.run(mr);
 * synthesizer.dispose();
 *
 * @example
 * // Two models and mirrored images, averaged; where they disagree.
 * const synthesizer = new Synthesizer([a, b], { backend: wasm(), flips: ["x"] });
 * const { sct, maps } = await synthesizer.run(mr);
 * await writeVolume("spread.nii.gz", maps.spread!);
 */
export class Synthesizer {
  readonly #predictor: Predictor;
  readonly #seed: number;

  /**
   * @param models a model, several that are averaged, or a predictor of one's own, which brings backends of its own
   * @throws MidashError when a bundle's steps or model are unknown or an option is impossible
   */
  constructor(models: ModelBundle | readonly ModelBundle[], options: SynthesizerOptions);
  constructor(predictor: Predictor, options?: AskingOptions);
  constructor(
    models: ModelBundle | readonly ModelBundle[] | Predictor,
    options: AskingOptions | SynthesizerOptions = {},
  ) {
    const predictor = isPredictor(models)
      ? models
      : ensemble([models].flat().map((bundle) => modelPredictor(bundle, options as SynthesizerOptions)));
    const mirrored = options.flips?.length ? flips(predictor, options.flips) : predictor;
    this.#predictor = draws(mirrored, options.draws ?? 1);
    this.#seed = options.seed ?? 0;
  }

  /** What it takes, in the order of the model's channels. */
  get inputs(): readonly InputSpec[] {
    return this.#predictor.inputs;
  }

  /** What is known of the models: names, what they were trained on and are meant for. */
  get facts(): PredictorFacts {
    return this.#predictor.facts;
  }

  /**
   * @param input the MR, or several by the names that the model was trained with (e.g. `{ t1, t2 }`), on one grid; those that the model
   *   can do without may be absent. NaN voxels are background and spikes are as their neighbours, which the result's warnings say
   * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted`
   */
  async run(
    input: Volume | Readonly<Record<string, Volume>>,
    options: SynthesisOptions = {},
  ): Promise<SynthesisResult> {
    const started = performance.now();
    const { signal, onProgress, mask, allowPhantomModel = false } = options;
    throwIfAborted(signal);
    const { facts } = this.#predictor;
    const { models, trainedOn, intendedFor, background } = facts;
    const given = this.#named(input);
    const { lookAtInput } = await import("./look-at-input.ts"); // not before: pages load less
    const doubts = [
      ...assertMeantFor(given, facts, allowPhantomModel),
      ...Object.entries(given).flatMap(([name, volume]) => lookAtInput(volume, name, facts)),
    ];
    const { inputs, warnings } = cleanInputs(given);
    const source = this.inputs.map(({ name }) => inputs[name]).find((volume) => volume);
    if (mask && source) {
      assertSameGrid(source, mask, ["input", "mask"]);
      assert(maskBytes(mask).includes(1), "the mask is empty", {
        where: { call: "Synthesizer.run" },
        hint: "give the body's mask, or none",
      });
    }
    const how = { seed: this.#seed, signal, onProgress };
    const { outputs, spread, ...engine } = await this.#predictor.predict(inputs, how);
    const { outside = background.outside } = options;
    const like = source!; // a predictor refuses when there is none
    const body = outside === "air" ? (mask ?? foregroundMask(like, background)) : undefined;
    const finished = (volume: Volume, beyond: number, meta: Volume["meta"]) => {
      const values = volume.values();
      return new Volume({
        shape: like.shape,
        affine: like.affine,
        data: body ? outsideAs(beyond, values, body) : values,
        unit: "HU",
        simulated: like.simulated,
        trainedOn,
        meta: { ...meta, synthetic: true, model: models.join(", ") },
      });
    };
    const [name, ct] = Object.entries(outputs).find(([, output]) => output.kind === "ct") as [
      string,
      CtVolume,
    ];
    const maps: Record<string, Volume> = {};
    if (spread[name]) maps.spread = finished(spread[name], 0, {});
    for (const [key, output] of Object.entries(outputs))
      if (output.kind === "labels") {
        const labels = labelsOf(output);
        maps[key] = finished(labels, 0, labels.meta).with({ unit: "unknown" });
      } else if (key !== name) maps[key] = finished(output.volume, output.kind === "ct" ? AIR_HU : 0, {});
    return {
      sct: finished(ct.volume, AIR_HU, {}),
      maps,
      ...engine,
      outside: body ? (mask ? "air, given mask" : "air, estimated mask") : "keep",
      trainedOn,
      intendedFor,
      warnings: [...doubts, ...warnings],
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** Frees the models' tensors. The next `run` loads them again. */
  dispose(): void {
    this.#predictor.dispose();
  }

  #named(input: Volume | Readonly<Record<string, Volume>>): Readonly<Record<string, Volume>> {
    const names = this.inputs.map((i) => i.name);
    if (!Volume.is(input)) {
      const surplus = Object.keys(input).find((name) => !names.includes(name));
      assert(surplus === undefined, `the model has no input "${surplus}"`, {
        where: { call: "Synthesizer.run" },
        hint: `its inputs are ${names.join(", ")}`,
      });
      return input;
    }
    const needed = this.inputs.filter(({ optional }) => !optional).map(({ name }) => name);
    assert(needed.length <= 1, `the model needs ${needed.length} inputs: ${needed.join(", ")}`, {
      where: { call: "Synthesizer.run" },
      hint: `pass them by name: { ${needed.join(", ")} }`,
    });
    return { [needed[0] ?? names[0]!]: input };
  }
}

function cleanInputs(given: Readonly<Record<string, Volume>>) {
  const inputs: Record<string, Volume> = {};
  const warnings: Warning[] = [];
  for (const [name, volume] of Object.entries(given)) {
    const clean = cleanInput(volume, `the input "${name}"`, "inputs");
    inputs[name] = clean.volume;
    warnings.push(...clean.warnings);
  }
  return { inputs, warnings };
}

type CtVolume = Extract<Output, { kind: "ct" }>;

function isPredictor(models: ModelBundle | readonly ModelBundle[] | Predictor): models is Predictor {
  return "predict" in models;
}
