import { expect, it } from "vitest";
import type { Triple } from "../../imaging/volume/index.ts";
import { brainMasks } from "./brain.ts";

const N = 64;
const SHAPE: Triple = [N, N, N];
const SPACING: Triple = [2, 2, 2];
const mask = (inside: (x: number, y: number, z: number) => boolean) =>
  Uint8Array.from({ length: N ** 3 }, (_, n) => {
    const [x, y, z] = [n % N, Math.floor(n / N) % N, Math.floor(n / N / N)].map((v) => 2 * (v - 32)) as [
      number,
      number,
      number,
    ];
    return inside(x, y, z) ? 1 : 0;
  });
const count = (m: Uint8Array) => m.reduce((sum, one) => sum + one, 0);

it("closes sulci and ventricles, adds the fluid around for what is inside the skull, and leaves the neck out", () => {
  const r = Math.hypot;
  const sulcus = (x: number, y: number) => Math.abs(x) < 3 && y > 20; // 4 mm wide
  const ventricle = (x: number, y: number, z: number) => r(x, y, z) < 8;
  const neck = (x: number, y: number, z: number) => r(x, y) < 5 && z < -40; // a cord
  const muscle = (x: number, y: number, z: number) => r(x, y - 20, z + 58) < 5; // taken for grey matter
  const tissue = mask(
    (x, y, z) =>
      (r(x, y, z) < 40 && !sulcus(x, y) && !ventricle(x, y, z)) || neck(x, y, z) || muscle(x, y, z),
  );
  const fluid = mask(
    (x, y, z) =>
      (r(x, y, z) >= 40 && r(x, y, z) < 46 && z > -38) ||
      (r(x, y, z) < 40 && (sulcus(x, y) || ventricle(x, y, z))),
  );
  const { brain, inside } = brainMasks(tissue, fluid, SHAPE, SPACING);
  const ball = mask((x, y, z) => r(x, y, z) < 40);
  const both = brain.reduce((sum, one, n) => sum + (one & ball[n]!), 0);
  expect((2 * both) / (count(brain) + count(ball))).toBeGreaterThan(0.98);
  expect(count(inside) / count(brain)).toBeGreaterThan(1.3);
  const at = (x: number, y: number, z: number) => 32 + x / 2 + N * (32 + y / 2 + N * (32 + z / 2));
  expect([brain[at(0, 30, 0)], brain[at(0, 0, 0)], brain[at(0, 44, 0)], inside[at(0, 44, 0)]]).toEqual([
    1, 1, 0, 1,
  ]);
  expect([inside[at(0, 0, -60)], inside[at(0, 20, -58)]]).toEqual([0, 0]);
});

it("gives nothing where there is no brain", () => {
  const { brain, inside } = brainMasks(new Uint8Array(N ** 3), new Uint8Array(N ** 3), SHAPE, SPACING);
  expect([count(brain), count(inside)]).toEqual([0, 0]);
});
