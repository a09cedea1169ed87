import { MidashError, type Where } from "../../base/errors/index.ts";
import {
  boundingBox,
  extract,
  foregroundMask,
  mapTriple,
  multiplyAffines,
  reorient,
  resample,
  type Triple,
  type Volume,
  voxelsIn,
} from "../../imaging/volume/index.ts";
import { gridAfter, type Preparation } from "../preparation/index.ts";
import type { Predictor } from "../synthesis/index.ts";
import { type EarlyPart, planePart } from "./early-parts.ts";
import { lookAtHead } from "./look.ts";

/** mm between the voxels at which an image is looked at. */
const APART = 4;

/**
 * A first look at the planes around a point, long before the rest: the image is looked at here and there only, and a slab is all that the network sees.
 *
 * @param margin mm around the head that the network is shown
 * @returns undefined for what looks like no head, or has voxels that are no number: the whole way tells what to say of it
 */
export async function firstPlane(
  mr: Volume,
  point: Triple,
  margin: number,
  { network, preparation, where, signal }: FirstPlane,
): Promise<EarlyPart | undefined> {
  const straight = reorient(mr);
  const glance = thinned(straight);
  if (glance.values().some((value) => !Number.isFinite(value)) || !looksLikeHead(glance, where))
    return undefined;
  const like = gridAfter(preparation.steps, mr);
  const plain = straight.with({ unit: "arbitrary", data: straight.values() });
  const whole = resample(plain, { like, fill: "border" });
  const coarse = thinned(whole);
  const box = boundingBox(foregroundMask(coarse).data, coarse.shape);
  if (!box) return undefined;
  const steps = stepsOf(whole);
  const around = mapTriple(whole.spacing, (mm) => voxelsIn(margin, mm));
  const low = mapTriple(box.low, (n, d) => Math.max(0, n * steps[d]! - around[d]!));
  const shape = mapTriple(
    box.shape,
    (n, d) => Math.min(whole.shape[d]!, (box.low[d]! + n) * steps[d]! + around[d]!) - low[d]!,
  );
  const inputs = { [network.inputs[0]!.name]: extract(whole, low, shape) };
  return network.peek?.(inputs, { seed: 0, signal }, (question) => planePart(question, point));
}

/** Whom to ask. */
interface FirstPlane {
  readonly network: Predictor;
  readonly preparation: Preparation;
  readonly where: Where;
  readonly signal: AbortSignal | undefined;
}

function looksLikeHead(glance: Volume, where: Where): boolean {
  try {
    lookAtHead(glance, where);
    return true;
  } catch (error) {
    if (MidashError.is(error)) return false;
    throw error;
  }
}

const stepsOf = ({ spacing }: Volume) => mapTriple(spacing, (mm) => Math.max(1, Math.floor(APART / mm)));

/** Every so many voxels of a volume. */
function thinned(volume: Volume): Volume {
  const steps = stepsOf(volume);
  const [a, b, c] = steps;
  const shape = mapTriple(volume.shape, (n, d) => Math.ceil(n / steps[d]!));
  const { slope, intercept } = volume.scaling;
  const [nx, ny] = volume.shape;
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let k = 0, q = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++) {
      const row = nx * (j * b + ny * k * c);
      for (let i = 0; i < shape[0]; i++) data[q++] = slope * volume.data[row + i * a]! + intercept;
    }
  const scale = [a, 0, 0, 0, 0, b, 0, 0, 0, 0, c, 0, 0, 0, 0, 1];
  return volume.with({ shape, data, affine: multiplyAffines(volume.affine, scale) });
}
