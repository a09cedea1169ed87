import type { Random } from "../../../base/random/index.ts";
import type { Triple } from "../../../imaging/volume/index.ts";
import { depthHeightWidth } from "./geometry/move.ts";
import type { Sample } from "./sample.ts";

/** One input of a sample, to be changed in place. */
export interface InputImage {
  /** Which of the sample's inputs. */
  readonly at: number;
  /** Each channel, x-fastest as `shape` says: one, or those of a slice's neighbours as well. */
  readonly channels: readonly Float32Array[];
  /** Voxels along the sample's width, height and depth. */
  readonly shape: Triple;
  /** mm along them. */
  readonly spacing: Triple;
  /** Value of no signal. */
  readonly outside: number;
}

/**
 * Another sample whose inputs were changed, each with its own draw and a `share` of them at all. Targets stay: what is in the image of a scanner does not change
 * what lies in it.
 */
export function changeInputs(
  sample: Sample,
  random: Random,
  share: number,
  change: (image: InputImage) => void,
): Sample {
  const { input, inputs } = sample;
  const chosen = inputs.map((_, n) => (share >= 1 || random.next() < share) && input.present?.[n] !== 0);
  if (!chosen.includes(true)) return sample;
  const channels = input.shape.at(-1)!;
  const each = channels / inputs.length;
  const data = input.data.slice();
  const [depth, height, width] = depthHeightWidth(input.shape.slice(1, -1));
  const shape: Triple = [width, height, depth];
  const mm = [...sample.spacing].reverse();
  const spacing: Triple = [mm[0]!, mm[1]!, mm[2] ?? 1];
  for (const [n, { outside }] of inputs.entries()) {
    if (!chosen[n]) continue;
    const planes =
      channels === 1
        ? [data]
        : Array.from({ length: each }, (_, c) => gathered(data, n * each + c, channels));
    change({ at: n, channels: planes, shape, spacing, outside });
    if (channels > 1) for (const [c, plane] of planes.entries()) scatter(plane, data, n * each + c, channels);
  }
  return { ...sample, input: { ...input, data } };
}

/** {@link changeInputs} by a function of each value alone, which moves the value of no signal as well. */
export function changeValues(
  sample: Sample,
  random: Random,
  share: number,
  draw: (image: InputImage) => (values: Float32Array) => void,
): Sample {
  const inputs = [...sample.inputs];
  const changed = changeInputs(sample, random, share, (image) => {
    const change = draw(image);
    const nothing = Float32Array.of(image.outside);
    for (const values of [...image.channels, nothing]) change(values);
    inputs[image.at] = { ...inputs[image.at]!, outside: nothing[0]! };
  });
  return changed === sample ? sample : { ...changed, inputs };
}

function gathered(data: Float32Array, channel: number, channels: number): Float32Array {
  const plane = new Float32Array(data.length / channels);
  for (let v = 0, at = channel; v < plane.length; v++, at += channels) plane[v] = data[at]!;
  return plane;
}

function scatter(plane: Float32Array, data: Float32Array, channel: number, channels: number): void {
  for (let v = 0, at = channel; v < plane.length; v++, at += channels) data[at] = plane[v]!;
}

/** Least and greatest value of all channels. */
export function extremes(channels: readonly Float32Array[]): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const plane of channels)
    for (let v = 0; v < plane.length; v++) {
      const value = plane[v]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return [low, high];
}

/** Multiplies what lies above `outside`, which then stays: by a field that `multiply` puts on an image whose background is 0. */
export function aboveOutside(
  plane: Float32Array,
  outside: number,
  multiply: (plane: Float32Array) => void,
): void {
  if (outside !== 0) for (let v = 0; v < plane.length; v++) plane[v]! -= outside;
  multiply(plane);
  if (outside !== 0) for (let v = 0; v < plane.length; v++) plane[v]! += outside;
}
