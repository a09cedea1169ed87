import { expect, test } from "vitest";
import { headPhantom } from "../../../test/fixtures/volume/phantoms.ts";
import fixture from "../../../test/fixtures/volume/synthrad.json" with { type: "json" };
import type { Triple } from "./affine.ts";
import { reorient } from "./orientation.ts";
import { synthradMask } from "./synthrad-mask.ts";
import { Volume } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

test.each(fixture.map((c) => [c.shape.join("×"), c] as const))(
  "%s: voxel by voxel as SimpleITK",
  (_name, c) => {
    const image = headPhantom(triple(c.shape), triple(c.centre), triple(c.radii));
    expect([...image.data].reduce((a, b) => a + b, 0)).toBe(c.sum);
    const expected = new Uint8Array(image.size);
    let at = 0;
    for (const [n, length] of c.runs.entries()) {
      expected.fill(n % 2, at, at + length);
      at += length;
    }
    const mask = synthradMask(image);
    let apart = 0;
    for (let i = 0; i < mask.size; i++) if (mask.data[i] !== expected[i]) apart++;
    expect(apart).toBe(0);
    const turned = synthradMask(reorient(image, "SPL"));
    expect(Buffer.from(reorient(turned, "RAS").data as Uint8Array).equals(expected)).toBe(true);
  },
);

test("a constant volume has no body", () => {
  const flat = new Volume({ shape: [4, 4, 4], data: new Float32Array(64) });
  expect(() => synthradMask(flat)).toThrow(/no body/);
});
