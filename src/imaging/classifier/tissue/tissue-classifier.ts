import { assert, breathe, fail, throwIfAborted } from "../../../base/errors/index.ts";
import {
  assertSameGrid,
  estimateBiasField,
  maskBytes,
  orientationOf,
  reorient,
  Volume,
} from "../../volume/index.ts";
import { brainMask } from "../brain/brain-mask.ts";
import { intoBox, type MaskBox, maskBox, outOfBox } from "./box.ts";
import { contrastOf } from "./contrast.ts";
import { type Estimate, estimate, neighbourWeights } from "./estimate.ts";
import { partialVolumes } from "./partial-volume.ts";
import { priorsOnBox, type TissuePriors } from "./priors.ts";
import {
  CONTRAST_NAMES,
  contrastByOrder,
  type FoundContrast,
  ORDER,
  TISSUES,
  type TissueContrast,
  type TissueName,
  type TissueOptions,
  type TissueSettings,
  tissueSettings,
} from "./tissue-options.ts";

/** What {@link TissueClassifier.classify} takes: one volume, or several contrasts of one head on one grid. */
export type TissueInput = Volume | Readonly<Partial<Record<TissueContrast, Volume>>>;

/** One line of a {@link TissueResult}'s table. */
export interface TissueSummary {
  readonly name: TissueName;
  readonly label: number;
  /** Voxels of that label. */
  readonly voxels: number;
  /** Volume of these voxels, millilitres. */
  readonly mL: number;
  /** Volume by partial volumes, millilitres: voxels count with the share that they hold. */
  readonly pveMl: number;
  /** Share of the mask's voxels, 0 to 1. */
  readonly fraction: number;
  /** Mean intensity of the class, by contrast, once the field is taken off. */
  readonly mean: Readonly<Partial<Record<FoundContrast, number>>>;
}

/** What {@link TissueClassifier.classify} gives. Volumes are on the grid of the input. */
export interface TissueResult {
  /** Uint8: 0 outside the mask, 1 CSF, 2 grey matter, 3 white matter. */
  readonly labels: Volume;
  /** Share of each class in a voxel, 0 to 1, Float32; they add up to 1 in the mask and are 0 outside. */
  readonly pve: Readonly<Record<TissueName, Volume>>;
  /** Uint8: 1 where a class was given. */
  readonly mask: Volume;
  /** By contrast: Float32, image = field × what it should be; 1 outside the mask. */
  readonly bias: Readonly<Partial<Record<FoundContrast, Volume>>>;
  readonly table: readonly TissueSummary[];
  /** What the images were taken for. */
  readonly contrasts: readonly FoundContrast[];
  /** True when the contrast was not said but read off the image. */
  readonly detected: boolean;
  /** Where the mask came from. */
  readonly maskRule: "given" | "estimated";
  /** Rounds of the estimation. */
  readonly rounds: number;
}

/** Options of {@link TissueClassifier.classify}. */
export interface TissueClassifyOptions {
  /** The brain with its CSF: voxels above 0, on the grid of the input. Default: {@link brainMask} of the first contrast. */
  readonly mask?: Volume;
  /**
   * How probable each tissue is where, 0 to 1, on the grid of the input, e.g. what a network says. The classes start from them and are held near them, so
   * that no contrast needs to be named or guessed, and a field as strong as a surface coil's does not pass for tissue. Default: none.
   */
  readonly priors?: TissuePriors;
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

const WHERE = { call: "Classifier.tissue" };
/** Rounds after which an image's contrast is read off its classes. */
const LOOK = 6;

/** Sorts the voxels of a brain on MR into CSF, grey and white matter. Made by `Classifier.tissue`. */
export class TissueClassifier {
  readonly settings: TissueSettings;

  /** @throws MidashError `invalid-argument` */
  constructor(options: TissueOptions = {}) {
    this.settings = tissueSettings(options);
  }

  /**
   * Finds brain, bias field and classes. The same input gives the same bits, however its axes lie: work is done in RAS order. Voxels in the mask that are not finite get no class.
   * A FLAIR that isn't named has its brain looked for once more when it is found to be one. Memory: some 40 bytes for each voxel of the box around the brain, and 22 for each of the volume (one contrast).
   *
   * @throws MidashError `invalid-argument` for an empty mask, a constant or a CT volume, or no brain; `grid-mismatch`; `aborted`
   */
  async classify(input: TissueInput, options: TissueClassifyOptions = {}): Promise<TissueResult> {
    throwIfAborted(options.signal);
    const { volumes, names } = channelsOf(input, this.settings);
    const [first] = volumes as [Volume];
    for (const volume of volumes) {
      assert(volume.unit !== "HU", "needs MR, this volume is a CT in HU", { where: WHERE });
      assertSameGrid(first, volume, [names[0] ?? "the volume", "another contrast"], WHERE);
    }
    if (options.mask) assertSameGrid(first, options.mask, ["the volume", "mask"], WHERE);
    const { mask, priors } = options;
    const result = await this.#classify(
      volumes.map((volume) => reorient(volume)),
      names,
      { ...options, mask: mask && reorient(mask), priors: priors && mapVolumes(priors, (v) => reorient(v)) },
    );
    const code = orientationOf(first.affine);
    const back = (volume: Volume) => reorient(volume, code).with({ affine: first.affine });
    return {
      ...result,
      labels: back(result.labels),
      mask: back(result.mask),
      pve: mapVolumes(result.pve, back),
      bias: mapVolumes(result.bias, back),
    };
  }

  /** All volumes in RAS order. */
  async #classify(
    volumes: readonly Volume[],
    names: readonly TissueContrast[],
    options: TissueClassifyOptions,
  ): Promise<TissueResult> {
    const { signal, onProgress } = options;
    const { settings } = this;
    const [first] = volumes as readonly [Volume];
    const values = volumes.map((volume) => volume.values());
    const find = (contrast: TissueContrast | undefined, onProgress?: (done: number) => void) =>
      brainMask(first, { contrast, signal, onProgress });
    const given = options.mask ?? (await find(names[0], (done) => onProgress?.(0.25 * done)));
    let brain = await this.#prepare(volumes, values, given, signal);
    const run = (contrast: TissueContrast | undefined, iterations: number, from: number, to: number) =>
      estimate(brain.raw, brain.begun, brain.box, first.spacing, {
        settings: { ...settings, iterations },
        contrast,
        priors: options.priors && priorsOnBox(options.priors, first, brain.box),
        signal,
        onProgress: (done) => onProgress?.(from + (to - from) * done),
      });
    const guessed =
      names.length > 0 || options.priors
        ? undefined
        : contrastOf(
            brain.box,
            first.spacing,
            // A few rounds show which it is; how the classes are started depends on it.
            (await run(undefined, Math.min(LOOK, settings.iterations), 0.25, 0.4)).probability,
          );
    // The fluid of a FLAIR is as dark as bone: the mask leaves it out unless the contrast is named.
    if (guessed === "flair" && !options.mask)
      brain = await this.#prepare(volumes, values, await find("flair"), signal);
    const { box, mask } = brain;
    const found = await run(names[0] ?? guessed, settings.iterations, 0.4, 0.85);
    // With priors a class is a tissue from the start; else classes are in the order of brightness, and the contrast says which is which.
    const order = options.priors ? byBrightness(found) : ORDER[names[0] ?? guessed!];
    const estimated = options.priors ? arranged(found, order) : found;
    const contrasts = names.length > 0 ? names : [guessed ?? contrastByOrder(order)];
    const shares = await partialVolumes(
      estimated.corrected,
      box,
      estimated.probability,
      estimated.gaussians,
      neighbourWeights(first.spacing, settings.smoothness),
      signal,
    );
    onProgress?.(0.95);
    await breathe(signal);
    const result = toResult(first, box, estimated, shares, contrasts, order, mask);
    onProgress?.(1);
    return {
      ...result,
      contrasts,
      detected: names.length === 0,
      maskRule: options.mask ? "given" : "estimated",
      rounds: estimated.rounds,
    };
  }

  /** What the estimation works on within a mask: its voxels, the intensities there, and fields to start from. */
  async #prepare(
    volumes: readonly Volume[],
    values: readonly Float32Array[],
    given: Volume,
    signal: AbortSignal | undefined,
  ) {
    const [first] = volumes as readonly [Volume];
    const mask = maskBytes(given);
    assertTellable(values, mask);
    await breathe(signal);
    const box = maskBox(mask, first.shape);
    const raw = values.map((v) => intoBox(v, first.shape, box));
    const begun: Float32Array[] = [];
    if (Number.isFinite(this.settings.biasFwhm))
      for (const volume of volumes) {
        const within = first.with({ data: mask, unit: "unknown", meta: {} });
        const field = await estimateBiasField(volume, { mask: within, signal });
        begun.push(intoBox(field.data as Float32Array, first.shape, box));
      }
    return { mask, box, raw, begun };
  }
}

/** Classes from dark to bright on the first channel: indices into {@link TISSUES}. */
function byBrightness({ gaussians: { mean } }: Estimate): readonly number[] {
  return [0, 1, 2].sort((a, b) => mean[a]![0]! - mean[b]![0]!);
}

function arranged({ gaussians, probability, ...rest }: Estimate, order: readonly number[]): Estimate {
  const { mean, covariance, inverse } = gaussians;
  const [sorted, spread, precision] = [mean, covariance, inverse].map((each) => order.map((t) => each[t]!));
  return {
    ...rest,
    gaussians: { mean: sorted!, covariance: spread!, inverse: precision! },
    probability: order.map((t) => probability[t]!),
  };
}

function mapVolumes<K extends string>(
  volumes: Readonly<Partial<Record<K, Volume>>>,
  change: (volume: Volume) => Volume,
): Record<K, Volume> {
  const entries = Object.entries(volumes) as [K, Volume][];
  return Object.fromEntries(entries.map(([name, volume]) => [name, change(volume)])) as Record<K, Volume>;
}

/** Volumes in the order T1, T2, FLAIR; no names when the only one's contrast is to be found out. */
function channelsOf(input: TissueInput, { contrast }: TissueSettings) {
  if (Volume.is(input)) return { volumes: [input], names: contrast === "auto" ? [] : [contrast] };
  assert(typeof input === "object" && input !== null, "takes a volume, or an object of volumes by contrast", {
    where: WHERE,
  });
  for (const [name, volume] of Object.entries(input)) {
    if (!CONTRAST_NAMES.some((known) => known === name))
      fail("invalid-argument", `unknown contrast "${name}"`, {
        where: WHERE,
        hint: `known are ${CONTRAST_NAMES.join(", ")}`,
      });
    assert(volume === undefined || Volume.is(volume), `${name} is not a volume`, { where: WHERE });
  }
  const names = CONTRAST_NAMES.filter((name) => input[name] !== undefined);
  assert(names.length > 0, "got no volume", { where: WHERE });
  return { volumes: names.map((name) => input[name]!), names };
}

/** Takes voxels that are not finite out of the mask; refuses a mask within which nothing differs. */
function assertTellable(values: readonly Float32Array[], mask: Uint8Array): void {
  assert(mask.includes(1), "is empty, so there is nothing to classify", {
    where: { ...WHERE, option: "mask" },
  });
  for (const channel of values) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i]) continue;
      const v = channel[i]!;
      if (!Number.isFinite(v)) mask[i] = 0;
      else {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    assert(high >= low, "no voxel of the mask is finite", { where: WHERE });
    assert(high > low, "the volume is constant inside the mask, so it shows no tissue", { where: WHERE });
  }
}

/** From the box, classes from dark to bright, to volumes and a table by name. */
function toResult(
  like: Volume,
  box: MaskBox,
  { gaussians, probability, bias }: Estimate,
  shares: readonly Float32Array[],
  contrasts: readonly FoundContrast[],
  order: readonly number[],
  mask: Uint8Array,
): Pick<TissueResult, "labels" | "pve" | "mask" | "bias" | "table"> {
  const size = probability[0]!.length;
  const hard = new Uint8Array(size);
  const [p0, p1, p2] = probability as [Float32Array, Float32Array, Float32Array];
  const voxels = [0, 0, 0];
  for (const v of box.voxels) {
    const [a, b, c] = [p0[v]!, p1[v]!, p2[v]!];
    const tissue = order[a >= b && a >= c ? 0 : b >= c ? 1 : 2]!;
    hard[v] = tissue + 1;
    voxels[tissue]!++;
  }
  const common = { unit: "unknown" } as const;
  const full = <T extends Uint8Array | Float32Array>(data: T, out: T) => {
    outOfBox(data, out, like.shape, box);
    return out;
  };
  const names = Object.fromEntries(TISSUES.map((name, t) => [String(t + 1), name]));
  const labels = like.with({
    ...common,
    data: full(hard, new Uint8Array(like.size)),
    meta: { labels: names },
  });
  const share = (name: TissueName) => {
    const data = full(shares[order.indexOf(TISSUES.indexOf(name))]!, new Float32Array(like.size));
    return like.with({ ...common, data, meta: { description: `share of ${name}` } });
  };
  const table = TISSUES.map((name, t): TissueSummary => {
    const k = order.indexOf(t);
    let held = 0;
    for (const v of box.voxels) held += shares[k]![v]!;
    return {
      name,
      label: t + 1,
      voxels: voxels[t]!,
      mL: voxels[t]! * like.voxelMl,
      pveMl: held * like.voxelMl,
      fraction: voxels[t]! / box.voxels.length,
      mean: Object.fromEntries(contrasts.map((contrast, c) => [contrast, gaussians.mean[k]![c]!])),
    };
  });
  const fields = contrasts.map((contrast, c) => {
    const data = new Float32Array(like.size).fill(1);
    outOfBox(bias[c]!.onBox(box), data, like.shape, box);
    return [contrast, like.with({ ...common, data, meta: { description: `bias field of ${contrast}` } })];
  });
  return {
    labels,
    pve: { csf: share("csf"), gm: share("gm"), wm: share("wm") },
    mask: like.with({ ...common, data: mask, meta: { description: "brain mask" } }),
    bias: Object.fromEntries(fields),
    table,
  };
}
