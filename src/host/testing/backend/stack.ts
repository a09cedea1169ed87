import { Random } from "../../../base/random/index.ts";
import type { TensorSession } from "../../../networks/backends/index.ts";
import type { Tensor } from "../../../networks/models/index.ts";

/** Large enough that sums are long and that a backend with threads shares the work out. */
const SIZES = [
  [2, 32, 28],
  [1, 8, 10, 12],
] as const;
const CHANNELS = [3, 12, 16] as const;

/**
 * What a network does, at the size of a small one, in 2-D and in 3-D: convolutions, norms, halving, doubling, a skip connection.
 *
 * @returns output and gradients with respect to input and filters, as bits to compare
 */
export async function runStack(session: TensorSession): Promise<readonly Float32Array[]> {
  const { tf } = session.tensors;
  const layers = session.tensors.layers.training;
  const random = new Random("stack");
  const draw = (shape: readonly number[], scale: number) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()),
      [...shape],
      "float32",
    );
  const all: Float32Array[] = [];
  for (const [n, ...size] of SIZES)
    all.push(
      ...(await session.run(async () => {
        const [first, second, third] = CHANNELS;
        const side = size.map(() => 3);
        const inputs = [
          draw([n, ...size, first], 1),
          draw([...side, first, second], 0.2),
          draw([...side, second, third], 0.1),
          draw([...size.map(() => 2), second, third], 0.2),
          draw([...side, second + second, first], 0.1),
        ];
        const f = (...given: Tensor[]) => {
          const [x, one, two, up, last] = given as [Tensor, Tensor, Tensor, Tensor, Tensor];
          const block = (image: Tensor, channels: number) =>
            layers.normLeaky(image, tf.ones([channels]), tf.zeros([channels]));
          const skip = block(layers.convolution(x, one), second);
          const low = block(layers.convolution(layers.halve(skip), two), third);
          const wide = tf.add(
            layers.doubleTransposed(low, up, tf.zeros([second])),
            layers.doubleNearest(layers.halve(skip)),
          );
          return tf.square(layers.convolutionOfPair(wide, skip, last));
        };
        const made = tf.tidy(() => [f(...inputs), ...tf.grads(f)(inputs)]);
        const read = await Promise.all(made.map(async (t) => (await t.data()).slice() as Float32Array));
        tf.dispose([...inputs, ...made]);
        return read;
      })),
    );
  return all;
}

/** The first value whose bits differ, in words; nothing when all are the same. */
export function otherBits(a: readonly Float32Array[], b: readonly Float32Array[]): string | undefined {
  for (const [i, values] of a.entries()) {
    const at = values.findIndex((v, k) => !Object.is(v, b[i]?.[k]));
    if (at >= 0) return `${values[at]} and ${b[i]?.[at]}`;
  }
  return undefined;
}
