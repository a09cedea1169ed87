// The bar of `npm run verify:leaks`, reduced: tensors and buffers alone, over 12 steps. Resident memory needs a process of its own.
import { describe, expect, test } from "vitest";
import { held, SUBJECTS } from "./leak-run.ts";

const small = Object.entries(SUBJECTS).map(([name, subject]) => {
  const { dims } = subject;
  return [name, { ...subject, baseFilters: 2, levels: 2, batch: 2, side: dims === 2 ? 16 : 4 }] as const;
});

describe("training leaves no tensors behind", () => {
  test.each(small)("%s", async (_name, subject) => {
    const [first, last] = await held(subject, [2, 12]);
    expect(first!.tensors).toBeGreaterThan(0);
    const { tensors, buffers, bytes } = last!;
    expect({ tensors, buffers, bytes }).toEqual({
      tensors: first!.tensors,
      buffers: first!.buffers,
      bytes: first!.bytes,
    });
  });

  test("one that is left is seen", async () => {
    const [first, last] = await held(
      small[0]![1],
      [2, 12],
      ({ session }) => void session.tensors.tf.keep(session.tensors.tf.scalar(1)),
    );
    expect(last!.tensors).toBe(first!.tensors + 10);
  });
});
