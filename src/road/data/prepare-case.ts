import { mapInto, product } from "../../base/bytes/index.ts";
import { assert, type Warning } from "../../base/errors/index.ts";
import { AIR_HU, doubtHu } from "../../imaging/hounsfield/index.ts";
import {
  assertSameGrid,
  bodyMask,
  dilateMask,
  foregroundMask,
  maskBytes,
  Volume,
} from "../../imaging/volume/index.ts";
import {
  assertFinite,
  cleanInput,
  forwardSteps,
  type InputSpec,
  Normalizer,
  type Preparation,
  type Subject,
  subjectOf,
  type TargetImage,
} from "../preparation/index.ts";
import type { Case } from "./case.ts";
import type { PreparedCase, Reference } from "./prepared-case.ts";
import type { StoredCase } from "./shards/stored-case.ts";

/**
 * The loss reaches this many mm beyond the body, so that the model also learns where the body ends: as far as synthesis may show what the model made
 * there, which is the 12 mm by which `foregroundMask` closes hollows and the 8 mm by which it grows. What is shown and was not learnt is any
 * value at all. At 10 mm, simulated heads had 400 to 1500 such voxels each and hardly any loss in their outermost columns, which a network's padding sets
 * apart from all others: a head that touched the border got a mean of -34 HU there, its CT -900.
 */
const LOSS_MARGIN = 20;

/** Small: the ring's air is easy, and what else lies there (tables, head rests, boxes) is not what MR shows. */
const RING_WEIGHT = 0.1;

/** The target that is a CT; others are labels. */
const CT = "ct";

/** A case's images as they are learnt from, and what was doubtful about them. */
export interface LoadedCase extends Subject {
  /** NaN and spikes that were replaced, a CT that does not look like HU. Show them. */
  readonly warnings: readonly Warning[];
}

/**
 * Loads a case's images and checks that they belong together. Its masks are `learnt`, the weight of each voxel in the loss (Float32: 1 in the body,
 * {@link RING_WEIGHT} in a ring of {@link LOSS_MARGIN} mm around it, 0 elsewhere and outside the case's mask; where there are labels 1 in the ring, too, and
 * {@link RING_WEIGHT} beyond it), and, where there is a CT, `scored` (Uint8: its
 * body and the case's mask; of a case that is prepared it is the only one). Without a CT the first input's foreground is the body. NaN of inputs are background and spikes as their neighbours; NaN of a CT are air.
 *
 * @param specs the inputs that count. A case that has none at all is one of targets alone.
 * @throws MidashError `invalid-argument` for what is missing, not finite or not in its unit; `grid-mismatch`; and what loading throws
 */
export async function loadCase(
  source: Case,
  specs: readonly InputSpec[],
  signal?: AbortSignal,
): Promise<LoadedCase> {
  if (source.prepared) return loadedOf(await source.prepared.load(signal, "scored"), source.prepared);
  const where = `case ${source.id}`;
  const warnings: Warning[] = [];
  const targets: Record<string, TargetImage> = {};
  for (const [name, ref] of Object.entries(source.targets ?? {}))
    targets[name] = targetImage(await ref.load(signal), name, where, warnings);
  const inputs = await loadInputs(source, specs, where, { signal, warnings });
  const [given] = Object.keys(inputs);
  const anyTarget = Object.keys(targets)[0];
  assert(given || anyTarget, "has no image that counts", { where });
  const subject: Subject = given
    ? subjectOf(inputs, specs, where)
    : { grid: targets[anyTarget!]!.volume, inputs: {}, targets: {}, masks: {} };
  const [like, name] = given ? [inputs[given]!, given] : [targets[anyTarget!]!.volume, anyTarget!];
  for (const [target, { volume }] of Object.entries(targets))
    assertSameGrid(like, volume, [name, target], where);
  const mask = await source.mask?.load(signal);
  if (mask) assertSameGrid(mask, like, ["mask", name], where);
  const masks = lossMasks(subject, targets, mask?.with({ data: maskBytes(mask) }), where);
  return { ...subject, targets, masks, warnings };
}

async function loadInputs(
  source: Case,
  specs: readonly InputSpec[],
  where: string,
  { signal, warnings }: { readonly signal?: AbortSignal; readonly warnings: Warning[] },
): Promise<Record<string, Volume>> {
  const inputs: Record<string, Volume> = {};
  if (Object.keys(source.inputs).length === 0) return inputs;
  for (const { name, optional } of specs) {
    const ref = source.inputs[name];
    assert(ref || optional, `has no input "${name}"`, {
      where,
      hint: `its inputs are ${Object.keys(source.inputs).join(", ")}`,
    });
    if (!ref) continue;
    const clean = cleanInput(await ref.load(signal), `the input "${name}"`, where);
    inputs[name] = clean.volume;
    warnings.push(...clean.warnings);
  }
  return inputs;
}

function targetImage(volume: Volume, name: string, where: string, warnings: Warning[]): TargetImage {
  if (name === CT) return { kind: "ct", volume: targetCt(volume, where, warnings), outside: AIR_HU };
  const values = volume.values();
  const wrong = values.find((v) => !(Number.isInteger(v) && v >= 0));
  assert(wrong === undefined, `the target "${name}" holds ${wrong}, and labels are whole numbers from 0 up`, {
    where,
    hint: 'the CT is the target "ct", all others are labels',
  });
  return { kind: "labels", volume, outside: 0 };
}

/** NaN around the body is air; within it nothing is known, and air learnt there would be wrong. */
function targetCt(given: Volume, where: string, warnings: Warning[]): Volume {
  assert(given.unit === "HU", `the target's unit is "${given.unit}", not HU`, { where });
  const doubt = doubtHu(given, `${where}: ct`);
  if (doubt) warnings.push(doubt);
  const values = given.values();
  let nan = 0;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) nan++;
  const ct = nan === 0 ? given : given.with({ data: values.map((v) => (Number.isNaN(v) ? AIR_HU : v)) });
  assertFinite(ct, "the target", where);
  if (nan === 0) return ct;
  const body = maskBytes(bodyMask(ct));
  const within = values.reduce((n, v, i) => n + (Number.isNaN(v) && body[i] ? 1 : 0), 0);
  assert(within === 0, `the target holds ${within} NaN voxels within the body`, {
    where,
    hint: "NaN around it is taken for air: replace these by HU",
  });
  warnings.push({
    code: "nan",
    where,
    what: `the target holds ${nan} voxels of NaN around the body, taken for air`,
  });
  return ct;
}

function lossMasks(
  { grid, inputs }: Subject,
  targets: Subject["targets"],
  mask: Volume | undefined,
  where: string,
): Subject["masks"] {
  const ct = targets[CT]?.volume;
  const first = Object.values(inputs)[0]?.volume;
  if (ct) {
    const body = bodyMask(ct);
    const labelled = Object.values(targets).some(({ kind }) => kind === "labels");
    return { scored: intersect(body, mask, where), learnt: lossWeights(body, mask, labelled) };
  }
  if (first) return { learnt: lossWeights(foregroundMask(first, { margin: 0 }), mask, false) };
  const { shape, affine } = grid;
  const all = () => new Uint8Array(shape[0] * shape[1] * shape[2]).fill(1);
  return { learnt: mask ?? new Volume({ shape, affine, data: all() }) };
}

/** Takes a case through the steps. @throws MidashError what {@link loadCase} and the steps throw */
export async function prepareCase(
  source: Case,
  preparation: Preparation,
  signal?: AbortSignal,
): Promise<PreparedCase> {
  const { inputs, steps } = preparation;
  if (source.prepared) {
    assertPreparedBy(source.prepared, preparation, `case ${source.id}`);
    return source.prepared.load(signal);
  }
  let reference: Reference | undefined;
  const watch = ({ targets, masks }: Subject, done: number) => {
    const ct = targets[CT]?.volume;
    if (ct?.unit === "HU" && masks.scored) reference = { ct, scored: masks.scored, steps: done };
  };
  const context = { where: `case ${source.id}`, signal };
  const { warnings, ...loaded } = await loadCase(source, inputs, signal);
  const { subject, grids } = await forwardSteps(steps, loaded, context, watch);
  const images = Object.keys(subject.inputs).length + Object.keys(subject.targets).length;
  const voxels = product(subject.grid.shape);
  return {
    id: source.id,
    subject,
    grids,
    warnings,
    simulated: [...Object.values(loaded.inputs), ...Object.values(loaded.targets)].some(
      ({ volume }) => volume.simulated,
    ),
    ...(reference ? { reference } : {}),
    bytes: 4 * voxels * (images + 2), // and the masks, and the CT in HU
  };
}

/** Of a case that is prepared: on the model's grid, its CT in HU, its inputs as they were before a normalizer that is fitted. Others are fitted anew, and find what they made. */
function loadedOf({ subject, reference, warnings }: PreparedCase, { preparation }: StoredCase): LoadedCase {
  const last = preparation.toJSON().steps.at(-1);
  const normalizers = (last?.type === "normalise" ? last.inputs : {}) as Readonly<Record<string, unknown>>;
  const inputs = Object.entries(subject.inputs).map(([name, image]) => {
    const normalizer = normalizers[name] === undefined ? undefined : Normalizer.fromJSON(normalizers[name]);
    if (!normalizer?.isFitted) return [name, image];
    const volume = normalizer.invert(image.volume, { unit: image.volume.unit });
    return [name, { ...image, volume, outside: normalizer.invertValues(Float32Array.of(image.outside))[0]! }];
  });
  const hu: Subject["targets"] = reference
    ? { [CT]: { kind: "ct", volume: reference.ct, outside: AIR_HU } }
    : {};
  return { ...subject, inputs: Object.fromEntries(inputs), targets: { ...subject.targets, ...hu }, warnings };
}

/** Cases of a cache are on one grid and in one range for good. How samples are cut is free. */
function assertPreparedBy({ preparation }: StoredCase, asked: Preparation, where: string): void {
  const [own, other] = [preparation, asked].map((one) => {
    const { inputs, steps } = one.toJSON();
    return JSON.stringify([inputs, steps]);
  });
  assert(own === other, "was prepared in another way than is asked for", {
    where,
    hint: "prepare the data again, or train as its cache was prepared",
  });
}

/** Labels say what lies outside the body, too: there all is learnt, and near it as much as within, or skin would be the answer to every doubt. */
function lossWeights(body: Volume, mask: Volume | undefined, labelled: boolean): Volume {
  const [within, grown] = [body.data, dilateMask(body, LOSS_MARGIN).data];
  const weights = Float32Array.from(labelled ? [RING_WEIGHT, 1, 1] : [0, RING_WEIGHT, 1]);
  const data = new Float32Array(body.size);
  for (let i = 0; i < data.length; i++) data[i] = weights[within[i]! + grown[i]!]!; // the body is in both
  if (mask) for (let i = 0; i < data.length; i++) if (!mask.data[i]) data[i] = 0;
  return body.with({ data });
}

function intersect(a: Volume, b: Volume | undefined, where: string): Volume {
  if (!b) return a;
  const data = mapInto(new Uint8Array(a.size), a.data, (one, n) => (one && b.data[n] ? 1 : 0));
  assert(data.includes(1), "the mask and the body have no voxel in common", {
    where,
    hint: "check the mask",
  });
  return a.with({ data });
}
