import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import {
  assertSameGrid,
  foregroundMask,
  type Grid,
  maskBytes,
  orientedGrid,
  sameGrid,
  Volume,
} from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { CreateOptions, ModelSpec } from "../../networks/models/index.ts";
import type { Background, ModelBundle } from "../model-file/index.ts";
import { type Plugin, Registry } from "../plugin/index.ts";
import {
  assertDims,
  backwardSteps,
  type Forwarded,
  forwardSteps,
  type Outputs,
  type Preparation,
  type Subject,
  subjectOf,
} from "../preparation/index.ts";
import { airOutside } from "./air-outside.ts";
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

/** A model's outputs on the grid of its steps' end, and the grids on the way there. */
type Predicted = Pick<Forwarded, "grids"> & { readonly outputs: Outputs; readonly grid: Grid };

/**
 * The whole road from MR to synthetic CT: the steps forward, samples, predict, assemble, the steps backward to HU on the source
 * grid. Holds the model in memory until `dispose`.
 *
 * @example
 * const synthesizer = new Synthesizer(decodeModel(bytes), { backend: wasm() });
 * const { sct } = await synthesizer.run(mr);
 * synthesizer.dispose();
 */
export class Synthesizer {
  readonly #bundle: ModelBundle;
  readonly #options: SynthesizerOptions;
  readonly #preparation: Preparation;
  readonly #spec: ModelSpec;
  readonly #registry: Registry;
  #ready: Promise<Ready> | undefined;

  /** @throws MidashError when the bundle's steps or model are unknown or an option is impossible; `unsupported` for samples of other dimensions than the model takes */
  constructor(bundle: ModelBundle, options: SynthesizerOptions) {
    this.#bundle = bundle;
    this.#options = options;
    this.#registry = new Registry(options.plugins);
    this.#preparation = this.#registry.preparation(bundle.preparation);
    this.#spec = this.#registry.spec(bundle.model);
    assertDims(this.#spec, this.#preparation.sampler, "Synthesizer");
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
    const given = subjectOf(inputs, this.#preparation.inputs);
    const source = Object.values(given.inputs)[0]!.volume;
    if (mask) {
      assertSameGrid(source, mask, ["input", "mask"]);
      assert(maskBytes(mask).includes(1), "the mask is empty", {
        where: "Synthesizer.run",
        hint: "give the body's mask, or none",
      });
    }
    const { outputs, grid, grids, backend, passedOver } = await this.#predict(given, options);
    const back = await backwardSteps(this.#preparation.steps, outputs, grids, { signal });
    const { ct } = back;
    if (ct?.kind !== "ct") fail("unsupported", "the model gives no CT", { where: this.#spec.name });
    const values = ct.volume.values();
    const { outside = this.#bundle.background.outside } = options;
    const body = outside === "air" ? (mask ?? foregroundMask(source, this.#bundle.background)) : undefined;
    const sct = new Volume({
      shape: source.shape,
      affine: source.affine,
      data: body ? airOutside(values, body) : values,
      unit: "HU",
      simulated: source.simulated || this.#bundle.provenance.simulated,
      meta: { synthetic: true, model: this.#bundle.model.name },
    });
    return {
      sct,
      backend,
      passedOver,
      resampled: !sameGrid(orientedGrid(source), orientedGrid(grid)),
      outside: body ? (mask ? "air, given mask" : "air, estimated mask") : "keep",
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** What stands around the model, as read from the bundle. */
  get preparation(): Preparation {
    return this.#preparation;
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
    given: Subject,
    { signal, onProgress }: SynthesisOptions,
  ): Promise<Pick<SynthesisResult, "backend" | "passedOver"> & Predicted> {
    const { subject, grids } = await forwardSteps(this.#preparation.steps, given, {
      where: "inputs",
      signal,
    });
    const { session, model, passedOver } = await this.#open();
    const { batchSize, batchBytes, seed = 0 } = this.#options;
    session.seed(Random.fork(seed, "synthesis"));
    const how = { batchSize, batchBytes, seed, signal, onProgress };
    const outputs = await predictVolume(model, this.#spec, subject, this.#preparation, how);
    return { outputs, grid: subject.grid, grids, backend: session.backend, passedOver };
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
    const names = this.#preparation.inputs.map((i) => i.name);
    if (!Volume.is(input)) {
      const surplus = Object.keys(input).find((name) => !names.includes(name));
      assert(surplus === undefined, `the model has no input "${surplus}"`, {
        where: "Synthesizer.run",
        hint: `its inputs are ${names.join(", ")}`,
      });
      return input;
    }
    assert(names.length === 1, `the model needs ${names.length} inputs: ${names.join(", ")}`, {
      where: "Synthesizer.run",
      hint: `pass them by name: { ${names.join(", ")} }`,
    });
    return { [names[0]!]: input };
  }
}
