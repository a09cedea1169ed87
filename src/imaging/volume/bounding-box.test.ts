import fc from "fast-check";
import { expect, it } from "vitest";
import { boundingBox } from "./bounding-box.ts";

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
);

it("is what a look at every voxel says", () => {
  fc.assert(
    fc.property(sizes, fc.array(fc.nat(124), { maxLength: 6 }), (shape, places) => {
      const [nx, ny, nz] = shape;
      const mask = new Uint8Array(nx * ny * nz);
      for (const at of places) mask[at % mask.length] = 1 + (at % 3);
      const inside = [...mask.keys()].filter((i) => mask[i]);
      const axes = [
        inside.map((i) => i % nx),
        inside.map((i) => Math.floor(i / nx) % ny),
        inside.map((i) => Math.floor(i / nx / ny)),
      ];
      const expected = {
        low: axes.map((axis) => Math.min(...axis)),
        shape: axes.map((axis) => Math.max(...axis) - Math.min(...axis) + 1),
      };
      expect(boundingBox(mask, shape)).toEqual(inside.length > 0 ? expected : undefined);
    }),
  );
});
