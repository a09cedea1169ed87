import { assert, breathe, fail, throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, orientationOf, quantiles, reorient, type Volume } from "../../volume/index.ts";
import { averageBlocks, type Blocks } from "./blocks.ts";
import { insideSkull } from "./inside-skull.ts";
import { parenchyma } from "./parenchyma.ts";
import { refine } from "./refine.ts";
import { strippedMask } from "./stripped.ts";

/** Options of {@link brainMask}. */
export interface BrainMaskOptions {
  /** What the volume shows, where it is known: how much darker than the brain the skull must be depends on how dark CSF is. */
  readonly contrast?: "t1" | "t2" | "flair";
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/** A head reaches no further down from its vertex than this, in mm: FSL's robustfov keeps 170, too. */
const HEAD = 170;

/** The middle of a brain lies no further below the vertex, in mm; 65 to 90 are usual. */
const DEEPEST = 115;

/** No head that fits this method has a smaller brain, in mL. */
const SMALLEST = 200;
/** Nor a larger one, with its fluid, in mL. */
const LARGEST = 2000;

/** Signal of bone and air over the brain's, at most. Cortical bone gives some 5 %; CSF on T1 gives 25 to 45 %, on T2 more than the brain. */
const DARK = { t1: 0.25, t2: 0.4, flair: 0.3, unknown: 0.3 } as const;

/** Width in mm of the blocks on which the brain is looked for: half the thickness of a skull. */
const BLOCK = 2;

/**
 * Brain and the CSF around it: what lies inside the skull, from an MR of a whole head (T1, T2 or FLAIR; neck and face may be in
 * view). A head whose skull was taken off already is recognised, and given back whole. Not a trained model: it rests on the skull being
 * darker than CSF or brain, and on the brain being the roundest thing in the head. On FLAIR, where CSF is as dark as bone, the brain is found by its brightness in the upper head
 * and closed over its sulci: name the contrast, since on a FLAIR that isn't named, as on T1 with very dark CSF, the outermost CSF may be missed. The
 * affine must say where up is. Where FLAIR or no contrast is named, what hasn't a brain's size or lies too deep for one is refused, not given.
 *
 * @returns Uint8, 0 and 1, on the grid of `volume`
 * @throws MidashError `invalid-argument` for a constant volume, one without finite values, and where no brain is found or what is found can't be one; `aborted`
 */
export async function brainMask(volume: Volume, options: BrainMaskOptions = {}): Promise<Volume> {
  const found = await brainOfRas(reorient(volume), options);
  return reorient(found, orientationOf(volume.affine)).with({ affine: volume.affine });
}

/** So that it does not depend on how a file's axes lie. */
async function brainOfRas(volume: Volume, options: BrainMaskOptions): Promise<Volume> {
  const { contrast, signal, onProgress } = options;
  const where = { call: "brainMask" };
  assert(
    contrast === undefined || (contrast !== ("unknown" as string) && Object.hasOwn(DARK, contrast)),
    `unknown contrast "${String(contrast)}"`,
    { where, hint: "known are t1, t2, flair" },
  );
  throwIfAborted(signal);
  const values = volume.values();
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  assert(high >= low, "the volume has no finite value", { where });
  assert(high > low, "the volume is constant, so it shows no brain", { where });
  const give = (mask: Uint8Array) => {
    onProgress?.(1);
    return volume.with({ data: mask, unit: "unknown", meta: { description: "brain mask" } });
  };
  await breathe(signal);
  const blocks = averageBlocks(values, volume.shape, volume.spacing, BLOCK, low);
  const below = cutNeck(blocks, volume, low);
  onProgress?.(0.2);
  await breathe(signal);
  const stripped = strippedMask(values, volume.shape, volume.spacing, low);
  if (stripped) return give(stripped);
  onProgress?.(0.3);
  await breathe(signal);
  const found = find(blocks, below, contrast);
  if (found === undefined)
    fail("invalid-argument", "finds no brain in this volume", {
      where,
      hint: [["give a ", { option: "mask" }, " of the brain"]],
    });
  if (found === "implausible")
    fail(
      "invalid-argument",
      "what stands out in this volume lies too deep for a brain, or hasn't the size of one",
      { where, hint: [["give a ", { option: "mask" }, " of the brain"], "give a T1 of the same head"] },
    );
  onProgress?.(0.6);
  return give(
    await refine(values, volume.shape, volume.spacing, blocks, found.mask, found.threshold, signal),
  );
}

/** Found by the skull, or, where CSF looks like it, by the brain's brightness: on FLAIR, and where the first goes astray on an unknown contrast. */
function find(blocks: Blocks, below: Float32Array, contrast: BrainMaskOptions["contrast"]) {
  const skull = contrast === "flair" ? undefined : insideSkull(blocks, DARK[contrast ?? "unknown"]);
  if (skull && (contrast !== undefined || plausible(skull.mask, blocks, below))) return skull;
  const bright =
    contrast === "flair" || (contrast === undefined && skull) ? parenchyma(blocks, below) : undefined;
  // Fluid is darker than any threshold that leaves out bone.
  if (bright && plausible(bright, blocks, below))
    return { mask: bright, threshold: Number.NEGATIVE_INFINITY };
  return skull || bright ? "implausible" : undefined;
}

/** Whether a mask has the size of a brain, and its middle lies no deeper below the vertex than one's. */
function plausible(mask: Uint8Array, { spacing }: Blocks, below: Float32Array): boolean {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < mask.length; i++)
    if (mask[i]) {
      count++;
      sum += below[i]!;
    }
  const mL = (count * spacing[0] * spacing[1] * spacing[2]) / 1000;
  return mL >= SMALLEST && mL <= LARGEST && sum <= DEEPEST * count;
}

/**
 * Darkens what lies more than {@link HEAD} below the highest place that is not background.
 *
 * @returns how far each block lies below that place, mm
 */
function cutNeck({ values, shape, factor }: Blocks, volume: Volume, low: number): Float32Array {
  const up = mapTriple(factor, (f, d) => volume.affine[8 + d]! * f);
  const threshold = low + 0.1 * (quantiles(values, [0.98])[0]! - low);
  const height = (n: number) => {
    const i = n % shape[0];
    const r = (n - i) / shape[0];
    const j = r % shape[1];
    return up[0] * i + up[1] * j + (up[2] * (r - j)) / shape[1];
  };
  const bright: number[] = [];
  for (let n = 0; n < values.length; n++) if (values[n]! > threshold) bright.push(height(n));
  const below = new Float32Array(values.length);
  if (bright.length === 0) return below;
  // Not the very highest: a speck of noise or of wrap-around may hang above.
  const vertex = quantiles(Float32Array.from(bright), [0.999])[0]!;
  for (let n = 0; n < values.length; n++) {
    below[n] = vertex - height(n);
    if (below[n]! > HEAD) values[n] = low;
  }
  return below;
}
