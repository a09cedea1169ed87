import { expect, it } from "vitest";
import { Random } from "../../../base/random/index.ts";
import { type Backend, cpu, type TensorSession, wasm } from "../index.ts";

const random = new Random(5);
const SHAPES = [[7], [5, 11], [3, 4, 70], [2, 3, 4, 5], [2, 3, 4, 3, 11], [2, 2, 3, 2, 3, 4]] as const;

/** All results of slices, splits and joins of the same random arrays, as one list. */
async function results(backend: Backend, seed: number): Promise<number[][]> {
  const session = (await backend.open()) as TensorSession;
  const draw = new Random(seed);
  try {
    return await session.run(() => {
      const { tf } = session.tensors;
      const out: number[][] = [];
      for (const shape of SHAPES) {
        const size = shape.reduce((a, b) => a * b, 1);
        const x = tf.tensor(
          Float32Array.from({ length: size }, () => draw.next()),
          [...shape],
        );
        for (let n = 0; n < 6; n++) {
          const begin = shape.map((length) => draw.integer(length));
          const part = shape.map((length, d) => 1 + draw.integer(length - begin[d]!));
          out.push([...tf.slice(x, begin, part).dataSync()]);
        }
        for (let axis = 0; axis < shape.length; axis++) {
          const first = 1 + draw.integer(shape[axis]! - 1);
          const parts = tf.split(x, [first, shape[axis]! - first], axis);
          for (const part of parts) out.push([...part.dataSync()]);
          const joined = tf.concat(parts, axis);
          expect([...joined.dataSync()]).toEqual([...x.dataSync()]);
        }
      }
      const ints = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32");
      out.push([...tf.slice(ints, [0, 1], [2, 2]).dataSync()]);
      return out;
    });
  } finally {
    session.close();
  }
}

it("slices, splits and joins arrays of any rank as tfjs's cpu backend does", async () => {
  const seed = random.integer(1000);
  expect(await results(wasm(), seed)).toEqual(await results(cpu(), seed));
});
