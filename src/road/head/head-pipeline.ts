import { Classifier, type TissueInput, type TissueResult } from "../../imaging/classifier/index.ts";
import { HEAD_CLASSES, type HeadClass } from "../../imaging/phantom/index.ts";
import {
  applyAffine,
  cleaned,
  type ImageOrigin,
  resample,
  type Triple,
  Volume,
} from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import { PartTable, synthesisParts } from "../plugin/index.ts";
import type { Preparation } from "../preparation/index.ts";
import { modelPredictor, type Predictor, type Progress } from "../synthesis/index.ts";
import { headModel } from "./head-model.ts";
import { type HeadPart, headPart } from "./head-part.ts";
import { mapsOntoImage, maskOntoImage } from "./onto-image.ts";
import { type Pace, paceOf } from "./pace.ts";
import { type SeenHead, seeHead } from "./see-head.ts";

/** Options of {@link HeadPipeline.open}. */
export interface HeadPipelineOptions {
  /** Where the network is computed, e.g. `wasm()`; `"auto"`: the fastest that runs here. */
  readonly backend: Backend | "auto";
  /** A model of heads of one's own: trained by `midash train MAPS --layout labels`. Default: {@link headModel}. */
  readonly model?: ModelBundle;
}

/** Options of each of {@link HeadPipeline}'s questions. */
export interface HeadOptions {
  /** What errors call the image, e.g. its file. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Steps done, of all: the network's samples, then a quarter as many for what is made of them. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Options of {@link HeadPipeline.synthesize}. */
export interface HeadSynthesisOptions extends HeadOptions {
  /** Also say how uncertain each voxel is; takes four times as long. Default false. */
  readonly uncertainty?: boolean;
  /**
   * Gets the synthetic CT box by box while the rest is computed. Boxes together are the head; a later one replaces what an earlier one said of the same voxels, and the result, which is the same to the
   * bit, replaces all: boxes have seams, and know nothing of where the head ends. With `uncertainty` there is none but that of `first`: each voxel is then a mean of all passes. Default: none is made.
   */
  readonly onPart?: (part: HeadPart) => void;
  /**
   * The voxel that somebody looks at: planes around it, axial as the head lies, are the first part, before all else is done. They are a rougher guess than the others (some 12 HU from the result
   * on a T1 of 1 mm), and take less than a window's time. Default: none.
   */
  readonly first?: Triple;
}

/** Options of {@link HeadPipeline.tissue}. */
export interface HeadTissueOptions extends HeadOptions {
  /** The MR again under its contrast's name, and others of the same head on its grid: tissue is told apart by all of them. Default: the MR alone. */
  readonly contrasts?: TissueInput;
  /** Brain with its CSF, on the MR's grid. Default: as the network finds it. */
  readonly mask?: Volume;
}

/** What all of {@link HeadPipeline}'s answers say. */
export interface HeadAnswer {
  /** mL of the brain: grey and white matter with ventricles and sulci. */
  readonly brainMl: number;
  /** What is doubtful about input or result, each a sentence. Show them. */
  readonly warnings: readonly string[];
  /** The backend that ran. */
  readonly backend: string;
  readonly seconds: number;
}

/** What {@link HeadPipeline.synthesize} gives, all on the grid of the MR. */
export interface HeadSynthesis extends HeadAnswer {
  /** HU, Float32. */
  readonly sct: Volume;
  /** Uint8, an index of `HEAD_CLASSES` in each voxel, named in `meta.classes`. */
  readonly labels: Volume;
  /**
   * HU, Float32: what the sCT is likely to be off by. The root of the variance over mirrored, shifted and otherwise changed images, plus the variance of HU among the classes that each
   * voxel may be. Not calibrated.
   */
  readonly uncertainty: Volume | undefined;
}

/** What {@link HeadPipeline.brain} gives. */
export interface HeadBrain extends HeadAnswer {
  /** Uint8, on the grid of the MR: 1 in grey and white matter, ventricles and sulci. */
  readonly mask: Volume;
}

const UNUSUAL = "Tissues are in an order of brightness that no usual sequence gives: look at the result.";

/** What {@link HeadPipeline.tissue} gives. */
export interface HeadTissue extends HeadAnswer, TissueResult {}

/**
 * An MR of a head in; a synthetic CT, labels, the brain, its tissues out, by the model that comes with the package. It looks at the image first and at the
 * result afterwards: what is no MR of a head is refused, what is doubtful is in `warnings`. T1, T2, FLAIR, PD and others need not be named; voxels of any size and order.
 *
 * @example
 * const head = await HeadPipeline.open({ backend: wasm() });
 * const { sct, labels, warnings } = await head.synthesize(mr);
 * const { table } = await head.tissue(mr); // CSF, grey and white matter
 * head.dispose();
 */
export class HeadPipeline {
  readonly #predictor: Predictor;
  readonly #preparation: Preparation;
  readonly #trainedOn: ImageOrigin;

  private constructor(model: ModelBundle, backend: Backend | "auto") {
    this.#preparation = new PartTable([synthesisParts]).preparation(model.preparation);
    this.#trainedOn = model.provenance.trainedOn;
    this.#predictor = modelPredictor(model, { backend });
  }

  /** Loads the model. One that has other outputs than a CT and the classes of heads is refused by the first question. */
  static async open({ backend, model }: HeadPipelineOptions): Promise<HeadPipeline> {
    return new HeadPipeline(model ?? (await headModel()), backend);
  }

  /** @throws MidashError `invalid-argument` for what is no MR of a head; `aborted` */
  async synthesize(mr: Volume, options: HeadSynthesisOptions = {}): Promise<HeadSynthesis> {
    const started = performance.now();
    const { signal } = options;
    const pace = paceOf(options.onProgress);
    const seen = await this.#see(mr, options, pace, options);
    const { hu, labels, unsure } = await mapsOntoImage(seen, mr, { signal, after: pace.after });
    const meta = { synthetic: true, model: "head" };
    const { shape, affine, simulated } = mr;
    const made = { shape, affine, simulated, trainedOn: this.#trainedOn, meta } as const;
    const classes = { ...meta, classes: HEAD_CLASSES };
    return {
      sct: seen.ct.with({ ...made, data: hu, unit: "HU" }),
      labels: seen.ct.with({ ...made, data: labels, unit: "unknown", meta: classes }),
      uncertainty: unsure && seen.ct.with({ ...made, data: unsure, unit: "HU" }),
      ...answer(seen, started),
    };
  }

  /** @throws MidashError `invalid-argument` for what is no MR of a head, or shows no plausible brain; `aborted` */
  async brain(mr: Volume, options: HeadOptions = {}): Promise<HeadBrain> {
    const started = performance.now();
    const pace = paceOf(options.onProgress);
    const seen = await this.#see(mr, options, pace);
    const mask = maskOntoImage(seen.masks.brain, seen.mr, mr).with({ trainedOn: this.#trainedOn });
    pace.after(1);
    return { mask, ...answer(seen, started) };
  }

  /**
   * CSF, grey and white matter: the network's probabilities as priors of a `TissueClassifier`, which looks at the intensities at full resolution.
   *
   * @throws MidashError `invalid-argument` for what is no MR of a head, or shows no plausible brain; `aborted`
   */
  async tissue(mr: Volume, options: HeadTissueOptions = {}): Promise<HeadTissue> {
    const started = performance.now();
    const { signal, contrasts = mr, mask } = options;
    const pace = paceOf(options.onProgress);
    const seen = await this.#see(mr, options, pace);
    const onto = (name: HeadClass) => resample(seen.probability[name], { like: mr, fill: "border" });
    pace.after(0.3);
    const result = await Classifier.tissue().classify(cleanContrasts(contrasts), {
      mask: mask ?? maskOntoImage(seen.masks.inside, seen.mr, mr),
      priors: { csf: onto("csf"), gm: onto("grey"), wm: onto("white") },
      signal,
    });
    pace.after(1);
    const unusual = result.contrasts[0] === "other";
    return {
      ...result,
      ...answer(seen, started),
      labels: result.labels.with({ trainedOn: this.#trainedOn }),
      maskRule: mask ? "given" : "estimated",
      warnings: unusual ? [...seen.warnings, UNUSUAL] : seen.warnings,
    };
  }

  /** Frees the network's tensors. The next question loads them again. */
  dispose(): void {
    this.#predictor.dispose();
  }

  #see(
    mr: Volume,
    { name, signal }: HeadOptions,
    pace: Pace,
    { uncertainty = false, onPart, first }: HeadSynthesisOptions = {},
  ): Promise<SeenHead> {
    return seeHead(mr, {
      predictor: this.#predictor,
      preparation: this.#preparation,
      where: name ?? { call: "HeadPipeline" },
      uncertain: uncertainty,
      signal,
      onProgress: pace.network,
      onPart:
        onPart &&
        ((part) => {
          const made = headPart(part, mr);
          if (made) onPart(made);
        }),
      first: first && applyAffine(mr.affine, first),
    });
  }
}

/** What each answer says of what was seen, at the end of a question. */
function answer({ judgement, warnings, backend }: SeenHead, started: number): HeadAnswer {
  return { brainMl: judgement.brainMl, warnings, backend, seconds: (performance.now() - started) / 1000 };
}

function cleanContrasts(given: TissueInput): TissueInput {
  if (Volume.is(given)) return cleaned(given).volume;
  const all = Object.entries(given).map(([name, volume]) => [name, cleaned(volume).volume] as const);
  return Object.fromEntries(all);
}
