import { assert, breathe, type Where } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { addRicianNoise } from "../artefacts/index.ts";
import { reorient, type Triple, Volume, type VolumeData } from "../volume/index.ts";
import { type Contrast, type ContrastName, resolveContrast } from "./contrast.ts";
import { addCtNoise } from "./ct-noise.ts";
import { classesOf, countSlice, samplingOf } from "./fractions.ts";
import { smoothField } from "./smooth-field.ts";
import { classSignals, type Properties, subjectProperties } from "./subject-tissues.ts";
import type { TissueTable } from "./tissues.ts";

/** Options of {@link simulateFromLabels}. */
export interface SimulateOptions {
  readonly seed: number | string;
  /** Which subject of the seed's population: draws tissue spread, gain, bias, bone density, noise. Default 0. */
  readonly subject?: number;
  /** MR contrasts to make. Default `["t1"]`. */
  readonly contrasts?: readonly (ContrastName | Contrast)[];
  /** Output voxel size in mm along R, A, S. Default: that of the labels. Coarser voxels average what they hold. */
  readonly spacing?: Triple;
  /** SD of the MR noise over the signal of the contrast's reference tissue. Default 0.03. */
  readonly noise?: number;
  /** Largest deviation of the MR bias field from 1. Default 0.2. */
  readonly bias?: number;
  /** SD of the CT noise, HU. Default 10, that of a thin-slice head CT in soft tissue. */
  readonly ctNoise?: number;
  /** The subject's bone HU over the table's. Default: uniform in 0.75 to 1.25, drawn per subject. */
  readonly boneDensity?: number;
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/** MR and CT of one subject on one grid, simulated. */
export interface SimulatedImages {
  /** MR by contrast name (`t1`, `t2`, `flair`, `pd`, or the name of a {@link Contrast}); arbitrary units, Float32. */
  readonly inputs: Readonly<Record<string, Volume>>;
  /** CT in HU, Int16, at least -1024. */
  readonly ct: Volume;
  /** The label with the largest share of each voxel, in the numbering of the input. */
  readonly labels: Volume;
}

/** Brightness of the reference tissue before the subject's gain, in the MR's arbitrary unit. */
const BRIGHTNESS = 800;
const CT_FLOOR = -1024;

/**
 * Simulates MR and CT from a label volume. MR: signal equations per tissue, mixed by share of the voxel, times a bias
 * field and the subject's gain, with Rician noise. CT: table HU plus texture, bone scaled by subject and place, mixed by
 * share, with noise. Output is in RAS orientation. The same options give the same bits.
 *
 * @param labels one label number per voxel, from 0 up; every one must be in `tissues`
 * @throws MidashError `invalid-argument` for bad options and labels missing from the table
 */
export async function simulateFromLabels(
  labels: Volume,
  tissues: TissueTable,
  options: SimulateOptions,
): Promise<SimulatedImages> {
  const { subject = 0, noise = 0.03, bias = 0.2, ctNoise = 10, signal, onProgress } = options;
  const where = { call: "simulateFromLabels" };
  assert(noise >= 0 && noise < 1, `noise must lie in [0, 1), got ${noise}`, { where });
  assert(bias >= 0 && bias < 1, `bias must lie in [0, 1), got ${bias}`, { where });
  assert(ctNoise >= 0, `ctNoise must not be negative, got ${ctNoise} HU`, { where });
  assert(tissues.size > 0, "the tissue table is empty", { where });
  const map = reorient(labels, "RAS");
  const spacing = options.spacing ?? map.spacing;
  assert(
    spacing.every((s, d) => s >= 0.999 * map.spacing[d]!),
    `output spacing [${spacing.join(", ")}] mm is finer than the labels' [${map.spacing.join(", ")}]`,
    { where, hint: "draw or supply finer labels" },
  );
  const named = namedContrasts(options.contrasts ?? ["t1"], where);
  const draw = (name: string) => Random.fork(options.seed, `subject-${subject}/${name}`);
  const density = options.boneDensity ?? draw("density").uniform(0.75, 1.25);
  assert(density > 0 && density < 3, `boneDensity must lie in (0, 3), got ${density}`, { where });

  const sampling = samplingOf(map, spacing);
  const { shape } = sampling;
  const classes = classesOf(tissues.keys());
  const properties = subjectProperties([...tissues.values()], draw("tissues"));
  const tables = named.map(([, contrast]) => classSignals(properties, contrast));
  const gain = draw("gain").uniform(0.7, 1.4);
  const place = (name: string, scale: number) => smoothField(draw(name), shape, spacing, scale);
  const boneField = place("bone-field", 35);
  const texture = place("texture", 5);
  const blend = properties.some((p) => p.second) ? place("blend", 9) : undefined;
  await breathe(signal);

  const size = shape[0] * shape[1] * shape[2];
  const mr = named.map(() => new Float32Array(size));
  const hu = new Float32Array(size);
  const hard = new (labels.data.constructor as new (n: number) => VolumeData)(size);
  const samples = sampling.samples[0] * sampling.samples[1] * sampling.samples[2];
  const ctRandom = draw("ct-noise");
  for (let k = 0; k < shape[2]; k++) {
    countSlice(map, sampling, classes, k, (voxel, present, counts, kinds) => {
      let most = 0;
      let ct = 0;
      const bone = density * Math.min(1.4, Math.max(0.6, 1 + 0.12 * boneField[voxel]!));
      for (let p = 0; p < kinds; p++) {
        const kind = present[p]!;
        const count = counts[kind]!;
        if (count > counts[present[most]!]!) most = p;
        const weight = count / samples;
        const property = properties[kind]!;
        const second = property.second ? shareOfSecond(property.second.share, blend![voxel]!) : 0;
        ct += weight * (1 - second) * huOf(property, bone, texture[voxel]!);
        if (property.second) ct += weight * second * huOf(property.second, bone, texture[voxel]!);
        for (let c = 0; c < mr.length; c++) {
          const { first, other } = tables[c]!;
          mr[c]![voxel]! += weight * (first[kind]! + second * (other[kind]! - first[kind]!));
        }
      }
      hu[voxel] = ct;
      hard[voxel] = classes.labels[present[most]!]!;
    });
    addCtNoise(hu, shape, k, ctNoise, ctRandom);
    if (k % 16 === 15) await breathe(signal);
    onProgress?.((0.6 * (k + 1)) / shape[2]);
  }

  const inputs: Record<string, Volume> = {};
  const common = { shape, affine: sampling.affine, simulated: true };
  const meta = { seed: options.seed, subject };
  for (let c = 0; c < named.length; c++) {
    const [name, contrast] = named[c]!;
    const field = place(`bias-${name}`, 90);
    shade(mr[c]!, field, bias, (BRIGHTNESS * gain) / tables[c]!.reference);
    await breathe(signal);
    addRicianNoise(mr[c]!, noise * BRIGHTNESS * gain, draw(`noise-${name}`));
    await breathe(signal);
    const description = `simulated ${contrast.name}`;
    inputs[name] = new Volume({
      ...common,
      data: mr[c]!,
      unit: "arbitrary",
      meta: { ...meta, description, contrast },
    });
    onProgress?.(0.6 + (0.4 * (c + 1)) / named.length);
  }
  const ct = new Int16Array(size);
  for (let i = 0; i < size; i++) ct[i] = Math.max(CT_FLOOR, Math.round(hu[i]!));
  return {
    inputs,
    ct: new Volume({ ...common, data: ct, unit: "HU", meta: { ...meta, description: "simulated CT" } }),
    labels: new Volume({ ...common, data: hard, meta: { ...meta, description: "labels" } }),
  };
}

/** How much of a mixture is its second tissue where the blending field has `value`: mostly all or none. */
function shareOfSecond(share: number, value: number): number {
  // The logistic curve stands in for the normal's quantile: at share 0.5 the threshold is the field's mean.
  const threshold = Math.log((1 - share) / share) / 1.7;
  return Math.min(1, Math.max(0, 0.5 + 2 * (value - threshold)));
}

function huOf(property: Pick<Properties, "hu" | "texture" | "bone">, bone: number, texture: number): number {
  return (property.bone ? property.hu * bone : property.hu) + property.texture * texture;
}

/** Scales by `gain` and a field brought to ±`bias` about 1. */
function shade(signal: Float32Array, field: Float32Array, bias: number, gain: number): void {
  let largest = 1e-12;
  for (let i = 0; i < field.length; i++) largest = Math.max(largest, Math.abs(field[i]!));
  for (let i = 0; i < signal.length; i++) signal[i]! *= gain * (1 + (bias * field[i]!) / largest);
}

function namedContrasts(
  contrasts: readonly (ContrastName | Contrast)[],
  where: Where,
): readonly (readonly [string, Contrast])[] {
  const named = contrasts.map(
    (c) => [typeof c === "string" ? c : c.name, resolveContrast(c, where)] as const,
  );
  assert(new Set(named.map(([name]) => name)).size === named.length, "a contrast is asked for twice", {
    where,
  });
  return named;
}
