import { assert, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import { assertSameGrid, foregroundMask, maskBytes, Volume } from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { CreateOptions, ModelSpec } from "../../networks/models/index.ts";
import type { Background, ModelBundle } from "../model-file/index.ts";
import { type Plugin, Registry } from "../plugin/index.ts";
import { assertSlices, fromModelGrid, type Plan, planOf, prepareInputs } from "../preparation/index.ts";
import { autoBackends, openFirst, type PassedOver } from "./auto-backend.ts";
import { type BatchOptions, batchSizeOf } from "./batch-size.ts";
import { type OpenedModel, openModel } from "./open-model.ts";
import { type Progress, predictVolume } from "./predict-volume.ts";

/** Options of {@link Synthesizer}. */
export interface SynthesizerOptions extends BatchOptions {
  /**
   * `"auto"`: the first that can run the model here of ONNX Runtime (where onnxruntime-node is installed), wasm and cpu; the result
   * says which, and why not the others.
   */
  readonly backend: Backend | "auto";
  /** Plugins that bring models which don't ship with the package. */
  readonly plugins?: readonly Plugin[];
  /** For models that draw (diffusion): the same seed gives the same sCT. Default 0. */
  readonly seed?: number;
}

/** Options of {@link Synthesizer.run}. */
export interface SynthesisOptions {
  /** The body, on the input's grid; outside it the sCT is air. Default: estimated from the first input. */
  readonly mask?: Volume;
  /** Default: as the model file says. */
  readonly outside?: Background["outside"];
  readonly signal?: AbortSignal;
  /** Samples of the model done, of all. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What {@link Synthesizer.run} gives. */
export interface SynthesisResult {
  /** Synthetic CT in HU (Float32), on the grid of the input. */
  readonly sct: Volume;
  /** The backend that ran. */
  readonly backend: string;
  /** With the backend `"auto"`: those that would have come first, and why they were not taken. Else empty. */
  readonly passedOver: readonly PassedOver[];
  /** True when the input was resampled to the model's grid (another spacing, or oblique) and the sCT back. */
  readonly resampled: boolean;
  /** What lies outside the body: given mask, mask estimated from the MR, or left as the model made it. */
  readonly outside: "air, given mask" | "air, estimated mask" | "keep";
  readonly seconds: number;
}

/** The model in a session, and how that came about. */
type Ready = OpenedModel & Pick<SynthesisResult, "passedOver">;

/**
 * The whole road from MR to synthetic CT: orient, resample, normalise, slice, predict, assemble, back to HU, back to the
 * source grid. Holds the model in memory until `dispose`.
 *
 * @example
 * const synthesizer = new Synthesizer(decodeModel(bytes), { backend: wasm() });
 * const { sct } = await synthesizer.run(mr);
 * synthesizer.dispose();
 */
export class Synthesizer {
  readonly #bundle: ModelBundle;
  readonly #options: SynthesizerOptions;
  readonly #plan: Plan;
  readonly #spec: ModelSpec;
  readonly #registry: Registry;
  #ready: Promise<Ready> | undefined;

  /** @throws MidashError when the bundle's steps or model are unknown or an option is impossible; `unsupported` for a 3-D model */
  constructor(bundle: ModelBundle, options: SynthesizerOptions) {
    this.#bundle = bundle;
    this.#options = options;
    this.#plan = planOf(bundle.preprocess);
    this.#registry = new Registry(options.plugins);
    this.#spec = this.#registry.spec(bundle.model);
    assertSlices(this.#spec, { call: "Synthesizer" });
    batchSizeOf(this.#spec, [1, 1], options); // refuses impossible options here rather than after minutes
  }

  /**
   * @param input the MR, or several by the names that the model was trained with (e.g. `{ t1, t2 }`), on one grid
   * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted`
   */
  async run(
    input: Volume | Readonly<Record<string, Volume>>,
    options: SynthesisOptions = {},
  ): Promise<SynthesisResult> {
    const started = performance.now();
    const { signal, mask } = options;
    throwIfAborted(signal);
    const inputs = this.#named(input);
    const source = inputs[this.#plan.inputs[0]!.name]!; // if it is missing, prepareInputs says so
    if (mask && source) {
      assertSameGrid(source, mask, ["input", "mask"]);
      assert(maskBytes(mask).includes(1), "the mask is empty", {
        where: { call: "Synthesizer.run" },
        hint: "give the body's mask, or none",
      });
    }
    const { onModelGrid, backend, passedOver } = await this.#predict(inputs, options);
    const { volume: back, resampled } = fromModelGrid(onModelGrid, source, { fill: AIR_HU, signal });
    const { outside = this.#bundle.background.outside } = options;
    const body = outside === "air" ? (mask ?? foregroundMask(source, this.#bundle.background)) : undefined;
    const sct = new Volume({
      shape: source.shape,
      affine: source.affine,
      data: body ? airOutside(back.values(), body) : back.values(),
      unit: "HU",
      simulated: source.simulated || this.#bundle.provenance.simulated,
      meta: { synthetic: true, model: this.#bundle.model.name },
    });
    return {
      sct,
      backend,
      passedOver,
      resampled,
      outside: body ? (mask ? "air, given mask" : "air, estimated mask") : "keep",
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** The steps around the model, as read from the bundle. */
  get plan(): Plan {
    return this.#plan;
  }

  /** Frees the model's tensors. The next `run` loads them again. */
  dispose(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.then(
      ({ model, session }) => {
        model.dispose();
        session.close();
      },
      () => undefined, // whoever awaited run has seen the failure
    );
  }

  /** A method of its own, so that the prepared inputs are gone when the way back begins. */
  async #predict(
    inputs: Readonly<Record<string, Volume>>,
    { signal, onProgress }: SynthesisOptions,
  ): Promise<Pick<SynthesisResult, "backend" | "passedOver"> & { readonly onModelGrid: Volume }> {
    const prepared = await prepareInputs(inputs, this.#plan, { signal });
    const { session, model, passedOver } = await this.#open();
    const { batchSize, batchBytes, seed = 0 } = this.#options;
    session.seed(Random.fork(seed, "synthesis"));
    const how = { batchSize, batchBytes, seed, signal, onProgress };
    const onModelGrid = await predictVolume(model, this.#spec, prepared, this.#plan, how);
    return { onModelGrid, backend: session.backend, passedOver };
  }

  #open(): Promise<Ready> {
    const options = { random: new Random(0), weights: this.#bundle.weights };
    this.#ready ??= this.#openWith(options).catch((error: unknown) => {
      this.#ready = undefined; // a backend that failed once may start at the next run
      throw error;
    });
    return this.#ready;
  }

  async #openWith(options: CreateOptions): Promise<Ready> {
    const { backend } = this.#options;
    if (backend === "auto") return openFirst(this.#spec, autoBackends(this.#registry), options);
    return { ...(await openModel(this.#spec, backend, options)), passedOver: [] };
  }

  #named(input: Volume | Readonly<Record<string, Volume>>): Readonly<Record<string, Volume>> {
    const names = this.#plan.inputs.map((i) => i.name);
    if (!Volume.is(input)) {
      const surplus = Object.keys(input).find((name) => !names.includes(name));
      assert(surplus === undefined, `the model has no input "${surplus}"`, {
        where: { call: "Synthesizer.run" },
        hint: `its inputs are ${names.join(", ")}`,
      });
      return input;
    }
    assert(names.length === 1, `the model needs ${names.length} inputs: ${names.join(", ")}`, {
      where: { call: "Synthesizer.run" },
      hint: `pass them by name: { ${names.join(", ")} }`,
    });
    return { [names[0]!]: input };
  }
}

/** Sets everything outside the mask to -1000 HU, in place: the values are the synthesizer's own. */
function airOutside(values: Float32Array, mask: Volume): Float32Array {
  const inside = maskBytes(mask);
  for (let i = 0; i < values.length; i++) if (!inside[i]) values[i] = AIR_HU;
  return values;
}
