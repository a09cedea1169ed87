import { describe, expect, it } from "vitest";
import type { Triple } from "../volume/index.ts";
import { boxLayers, type Layer, latticeOver, paintSlab } from "./painted-layers.ts";

/** Paints every slab. */
function paint(shape: Triple, layers: (nodes: Triple, step: Triple) => Layer[]): Uint8Array {
  const lattice = latticeOver(shape, [1, 1, 1], 4);
  const boxed = boxLayers(lattice, layers(lattice.nodes, lattice.step));
  const labels = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let slab = 0; slab < lattice.nodes[2] - 1; slab++) paintSlab(lattice, boxed, slab, labels);
  return labels;
}

const sample = ([mx, my, mz]: Triple, step: Triple, f: (x: number, y: number, z: number) => number) => {
  const out = new Float32Array(mx * my * mz);
  let n = 0;
  for (let c = 0; c < mz; c++)
    for (let b = 0; b < my; b++)
      for (let a = 0; a < mx; a++) out[n++] = f(a * step[0], b * step[1], c * step[2]);
  return out;
};

describe("paintSlab", () => {
  // Linear fields are exact under trilinear interpolation, so the painting must equal the inequality voxel by voxel.
  it("paints planes exactly, also where the grid is no multiple of the cell", () => {
    const shape: Triple = [13, 10, 9];
    const plane = (x: number, y: number, z: number) => x + 0.5 * y - 0.25 * z - 6.1;
    const labels = paint(shape, (nodes, step) => [{ label: 3, fields: [sample(nodes, step, plane)] }]);
    let n = 0;
    for (let z = 0; z < 9; z++)
      for (let y = 0; y < 10; y++)
        for (let x = 0; x < 13; x++) expect(labels[n++]).toBe(plane(x, y, z) < 0 ? 3 : 0);
  });

  it("paints later layers over earlier ones and intersects a layer's fields", () => {
    const labels = paint([16, 4, 4], (nodes, step) => [
      { label: 1, fields: [sample(nodes, step, (x) => x - 11.5)] },
      { label: 2, fields: [sample(nodes, step, (x) => x - 8.5), sample(nodes, step, (x) => 5.5 - x)] },
    ]);
    expect([...labels.subarray(0, 16)]).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0]);
  });
});
