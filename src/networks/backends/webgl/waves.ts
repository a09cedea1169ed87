/**
 * Sine and cosine: GLSL promises no number of digits. The argument is brought to -π/4 … π/4 by a π/2 in three parts, each short enough for its products to be exact, and
 * polynomials do the rest (Cephes' sinf). Of ops, not in a shader: a compiler of shaders may put the parts together again.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "../backend.ts";
import { asTensor, composeKernel, replaceKernel } from "../tfjs/register.ts";

const HALF_PI = [1.5703125, 4.837512969970703e-4, 7.54978995489188e-8] as const;
const SINE = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1] as const;
const COSINE = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2] as const;

export function registerWaves(tf: Tf, backendName: string): void {
  for (const [name, quarters] of [
    ["Sin", 0],
    ["Cos", 1],
  ] as const)
    replaceKernel(tf, backendName, name, ({ inputs, backend }) =>
      composeKernel(tf, backend, () => wave(tf, asTensor(tf, backend, inputs.x!), quarters)),
    );
}

/** sin(x + quarters · π/2). */
function wave(tf: Tf, x: Tensor, quarters: number): Tensor {
  const turns = tf.round(tf.mul(x, 2 / Math.PI));
  const rest = HALF_PI.reduce<Tensor>((left, part) => tf.sub(left, tf.mul(turns, part)), x);
  const square = tf.square(rest);
  const polynomial = (factors: readonly number[]) =>
    factors
      .slice(1)
      .reduce<Tensor>((sum, factor) => tf.add(tf.mul(sum, square), factor), tf.fill(x.shape, factors[0]!));
  const sine = tf.add(rest, tf.mul(tf.mul(rest, square), polynomial(SINE)));
  const cosine = tf.add(tf.mul(tf.square(square), polynomial(COSINE)), tf.sub(1, tf.mul(square, 0.5)));
  const quarter = tf.add(turns, quarters);
  const half = tf.floor(tf.div(quarter, 2)); // even ones rise from 0, odd ones fall
  const isOdd = tf.sub(quarter, tf.mul(half, 2));
  const sign = tf.sub(1, tf.mul(tf.sub(half, tf.mul(tf.floor(tf.div(half, 2)), 2)), 2));
  return tf.mul(sign, tf.add(tf.mul(sine, tf.sub(1, isOdd)), tf.mul(cosine, isOdd)));
}
