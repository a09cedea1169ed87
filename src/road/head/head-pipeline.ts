import { mapInto } from "../../base/bytes/index.ts";
import { assert, breathe, fail, throwIfAborted, type Where } from "../../base/errors/index.ts";
import { Classifier, type TissueInput, type TissueResult } from "../../imaging/classifier/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import { HEAD_CLASSES, type HeadClass } from "../../imaging/phantom/index.ts";
import {
  cleaned,
  cropForeground,
  fillHoles,
  foregroundMask,
  type ImageOrigin,
  type Interpolation,
  keepLargestComponent,
  maskBytes,
  reorient,
  resample,
  Volume,
} from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import { PartTable, synthesisParts } from "../plugin/index.ts";
import { assertFinite, cleanInput, gridAfter, type Preparation } from "../preparation/index.ts";
import {
  draws,
  flips,
  lookAtInput,
  modelPredictor,
  type Predictor,
  type Progress,
  shaken,
} from "../synthesis/index.ts";
import { type BrainMasks, brainMasks } from "./brain.ts";
import { ctOfClasses } from "./class-ct.ts";
import { Kind, likeliest, type Probability, tissueOf, uncertaintyOf } from "./class-maps.ts";
import { headModel } from "./head-model.ts";
import { lookAtHead } from "./look.ts";
import { type Pace, paceOf } from "./pace.ts";
import { type Judgement, plausible } from "./plausible.ts";

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

/** What {@link HeadPipeline.tissue} gives. */
export interface HeadTissue extends HeadAnswer, TissueResult {}

/** mm of air around the head that the network is asked about: it saw heads in as tight a box. Between whole voxels, or the seventh digit of a voxel's size would decide. */
const AROUND = 11.5;

/** How often a changed image is asked for an uncertainty, each mirrored too. */
const DRAWS = 2;

/** What the network says, on its own grid in RAS order. */
interface Seen {
  readonly mr: Volume;
  readonly ct: Volume;
  readonly probability: Probability;
  readonly spread: Volume | undefined;
  readonly masks: BrainMasks;
  readonly head: Uint8Array;
  readonly judgement: Judgement;
  readonly warnings: readonly string[];
  readonly backend: string;
}

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
    const { uncertainty = false, signal } = options;
    const pace = paceOf(options.onProgress);
    const seen = await this.#see(mr, options, pace, uncertainty);
    const { ct, spread, probability, judgement, warnings, backend } = seen;
    const meta = { synthetic: true, model: "head" };
    const inside = seen.mr.with({ data: new Float32Array(seen.head), unit: "unknown" });
    const made = { simulated: mr.simulated, trainedOn: this.#trainedOn, meta } as const;
    const onGrid = async (volume: Volume, interpolation: Interpolation = "linear") => {
      await breathe(signal);
      return resample(volume, { like: mr, fill: "border", interpolation }).values();
    };
    const hu = await onGrid(ct, "cubic"); // bone is thin: by linear interpolation a true CT taken to 1.5 mm and back is off by 96 HU, so by 80
    pace.after(0.3);
    const labels = await this.#labels(mr, probability, signal);
    pace.after(0.8);
    const head = await onGrid(inside);
    for (let n = 0; n < hu.length; n++)
      if (head[n]! < 0.5) {
        hu[n] = AIR_HU;
        labels[n] = 0;
      } else hu[n] = Math.max(AIR_HU, hu[n]!); // cubic interpolation overshoots
    const unsure = uncertainty ? await onGrid(uncertaintyOf(spread!, probability)) : undefined;
    pace.after(1);
    const common = { shape: mr.shape, affine: mr.affine };
    return {
      sct: ct.with({ ...common, data: hu, unit: "HU", ...made }),
      labels: ct.with({
        ...common,
        data: labels,
        unit: "unknown",
        ...made,
        meta: { ...meta, classes: HEAD_CLASSES },
      }),
      uncertainty: unsure && ct.with({ ...common, data: unsure, unit: "HU", ...made }),
      brainMl: judgement.brainMl,
      warnings,
      backend,
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** @throws MidashError `invalid-argument` for what is no MR of a head, or shows no plausible brain; `aborted` */
  async brain(mr: Volume, options: HeadOptions = {}): Promise<HeadBrain> {
    const started = performance.now();
    const pace = paceOf(options.onProgress);
    const { masks, mr: grid, judgement, warnings, backend } = await this.#see(mr, options, pace);
    const mask = maskOnto(masks.brain, grid, mr).with({ trainedOn: this.#trainedOn });
    pace.after(1);
    return {
      mask,
      brainMl: judgement.brainMl,
      warnings,
      backend,
      seconds: (performance.now() - started) / 1000,
    };
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
    const { masks, mr: grid, probability, judgement, backend } = seen;
    const onto = (name: HeadClass) => resample(probability[name], { like: mr, fill: "border" });
    pace.after(0.3);
    const result = await Classifier.tissue().classify(cleanContrasts(contrasts), {
      mask: mask ?? maskOnto(masks.inside, grid, mr),
      priors: { csf: onto("csf"), gm: onto("grey"), wm: onto("white") },
      signal,
    });
    pace.after(1);
    const order = result.contrasts[0] === "other";
    return {
      ...result,
      labels: result.labels.with({ trainedOn: this.#trainedOn }),
      maskRule: mask ? "given" : "estimated",
      brainMl: judgement.brainMl,
      warnings: [
        ...seen.warnings,
        ...(order
          ? ["Tissues are in an order of brightness that no usual sequence gives: look at the result."]
          : []),
      ],
      backend,
      seconds: (performance.now() - started) / 1000,
    };
  }

  /** Frees the network's tensors. The next question loads them again. */
  dispose(): void {
    this.#predictor.dispose();
  }

  /** On the network's own grid, so that ten classes take the memory of one at full resolution. */
  async #see(mr: Volume, { name, signal }: HeadOptions, pace: Pace, uncertain = false): Promise<Seen> {
    const where: Where = name ?? { call: "HeadPipeline" };
    throwIfAborted(signal);
    const clean = cleanInput(mr, "it", where);
    assertFinite(clean.volume, "it", where);
    const first = [
      ...[...clean.warnings, ...lookAtInput(mr, "mr", { intendedFor: "heads" })].map(
        ({ what }) => `${what[0]!.toUpperCase()}${what.slice(1)}.`,
      ),
      ...lookAtHead(clean.volume, where),
    ];
    const plain = clean.volume.with({ unit: "arbitrary", data: clean.volume.values() });
    const whole = resample(reorient(plain), {
      like: gridAfter(this.#preparation.steps, mr),
      fill: "border",
    });
    await breathe(signal);
    const mask = foregroundMask(whole);
    const coarse = cropForeground(whole, { mask, margin: AROUND });
    const shown = maskBytes(cropForeground(mask, { mask, margin: AROUND }));
    const predictor = uncertain ? draws(shaken(flips(this.#predictor, ["x"])), DRAWS) : this.#predictor;
    const inputs = { [this.#predictor.inputs[0]!.name]: coarse };
    const { outputs, spread, backend } = await predictor.predict(inputs, {
      seed: 0,
      signal,
      onProgress: pace.network,
    });
    const { ct, tissue } = outputs;
    assert(
      ct?.kind === "ct" && tissue?.kind === "labels" && String(tissue.classes) === String(HEAD_CLASSES),
      `the model gives ${Object.keys(outputs).join(", ")}, not a CT and the classes of heads as "tissue"`,
      { where, hint: "give a model that was trained with --layout labels" },
    );
    const probability = Object.fromEntries(
      HEAD_CLASSES.map((name, n) => [name, tissue.probabilities[n]!]),
    ) as Record<HeadClass, Volume>;
    const { shape, spacing } = coarse;
    const { kinds, sureness } = likeliest(probability);
    for (let n = 0; n < kinds.length; n++) if (!shown[n]) kinds[n] = Kind.outside;
    const marked = (kind: Kind) => kinds.map((found) => (found === kind ? 1 : 0));
    const masks = brainMasks(marked(Kind.brain), marked(Kind.fluid), shape, spacing);
    await breathe(signal);
    const head = kinds.map((found) => (found === Kind.outside ? 0 : 1));
    keepLargestComponent(head, shape, 6);
    fillHoles(head, shape);
    const judgement = plausible({
      shape,
      spacing,
      brain: masks.brain,
      head,
      bone: marked(Kind.bone),
      eyes: marked(Kind.eyes),
      sureness,
      image: coarse.values(),
      tissue: tissueOf(probability, masks.inside),
    });
    if (judgement.impossible)
      fail("invalid-argument", `is no MR of a head: ${judgement.impossible}`, {
        where,
        hint: "check the file's orientation and voxel sizes (midash info); a whole head is needed",
      });
    return {
      mr: coarse,
      ct: ctOfClasses(ct.volume, probability),
      probability,
      spread: spread.ct,
      masks,
      head,
      judgement,
      warnings: [...first, ...judgement.warnings],
      backend,
    };
  }

  /** The most probable class of each voxel; one class after the other, so that one alone is held at full resolution. */
  async #labels(mr: Volume, probability: Probability, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const labels = new Uint8Array(mr.size);
    const best = new Float32Array(mr.size);
    for (const [n, name] of HEAD_CLASSES.entries()) {
      await breathe(signal);
      const values = resample(probability[name], { like: mr, fill: "border" }).values();
      for (let v = 0; v < values.length; v++)
        if (values[v]! > best[v]!) {
          best[v] = values[v]!;
          labels[v] = n;
        }
    }
    return labels;
  }
}

/** A mask of the network's grid on an image's. */
function maskOnto(mask: Uint8Array, grid: Volume, mr: Volume): Volume {
  const smooth = resample(grid.with({ data: new Float32Array(mask), unit: "unknown" }), {
    like: mr,
    fill: 0,
    antialias: false,
  }).values();
  return mr.with({
    data: mapInto(new Uint8Array(mr.size), smooth, (share) => (share > 0.5 ? 1 : 0)),
    unit: "unknown",
    meta: { description: "brain mask" },
  });
}

function cleanContrasts(given: TissueInput): TissueInput {
  if (Volume.is(given)) return cleaned(given).volume;
  const all = Object.entries(given).map(([name, volume]) => [name, cleaned(volume).volume] as const);
  return Object.fromEntries(all);
}
