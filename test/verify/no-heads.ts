// Images that are no MR of a head, each made here: what `HeadPipeline` must refuse or warn of. Used by `verify:heads`.
import { Random } from "../../src/base/random/index.ts";
import { affineFromSpacing, type Triple, Volume } from "../../src/imaging/volume/index.ts";

type Brightness = (x: number, y: number, z: number, random: Random) => number;

/** @param of brightness by mm from the volume's middle */
function made(shape: Triple, spacing: Triple, of: Brightness, noise = 8): Volume {
  const random = new Random(7);
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  let n = 0;
  for (let k = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++) {
        const [x, y, z] = [i, j, k].map((at, d) => (at - (shape[d]! - 1) / 2) * spacing[d]!) as [
          number,
          number,
          number,
        ];
        data[n++] = Math.hypot(of(x, y, z, random) + noise * random.normal(), noise * random.normal());
      }
  return new Volume({ shape, affine: affineFromSpacing(spacing), data, unit: "arbitrary" });
}

const GRID: readonly [Triple, Triple] = [
  [80, 80, 70],
  [2.5, 2.5, 2.5],
];
const within = (x: number, y: number, z: number, a: number, b: number, c: number) =>
  (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 < 1;

/** A shaft of two bones with marrow, cartilage between, muscle and fat around. */
const knee: Brightness = (x, y, z) => {
  const r = Math.hypot(x, y);
  if (r > 62) return 0;
  if (r > 54) return 800; // fat
  const bone = Math.hypot(x, y - 8) < (Math.abs(z) < 30 ? 38 : 20);
  if (!bone) return Math.hypot(x, y - 8) < 42 && Math.abs(z) < 30 ? 120 : 350;
  if (Math.abs(z) < 4) return 250; // the joint
  return Math.hypot(x, y - 8) > (Math.abs(z) < 30 ? 35 : 15) ? 40 : 700;
};

const abdomen: Brightness = (x, y, z) => {
  if (!within(x, y, z, 95, 80, 200)) return 0;
  if (!within(x, y, z, 85, 70, 200)) return 800;
  if (within(x - 35, y - 10, z, 35, 40, 45)) return 480; // liver
  if (within(x + 40, y - 10, z, 18, 18, 40)) return 420;
  if (Math.hypot(x, y + 45) < 16) return 100;
  return 300 + 60 * Math.sin(x / 6) * Math.sin(y / 6) * Math.sin(z / 6);
};

/** Names and images. */
export function noHeads(): readonly (readonly [name: string, volume: Volume])[] {
  const ct = made(...GRID, () => 0).with({ unit: "unknown" });
  const hu = ct.with({
    data: Float32Array.from(ct.data, (_, n) => {
      const [i, j, k] = [n % 80, Math.floor(n / 80) % 80, Math.floor(n / 6400)];
      const r = Math.hypot(i - 40, j - 40, k - 35) * 2.5;
      return r > 75 ? -1000 : r > 68 ? 1100 : 40;
    }),
  });
  return [
    ["ct", hu.with({ unit: "HU" })],
    ["ct, unit unknown", hu],
    ["empty", ct.with({ data: new Float32Array(ct.size) })],
    ["constant", ct.with({ data: new Float32Array(ct.size).fill(5) })],
    ["noise", made(...GRID, (_x, _y, _z, random) => 100 * random.next(), 60)],
    ["one slice", made([256, 256, 1], [1, 1, 5], (x, y) => (Math.hypot(x, y) < 80 ? 500 : 0))],
    ["slab of 20 mm", made([128, 128, 10], [2, 2, 2], (x, y) => (Math.hypot(x, y) < 80 ? 500 : 0))],
    [
      "phantom block",
      made(...GRID, (x, y, z) => (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) < 70 ? 600 : 0)),
    ],
    [
      "phantom ball with rods",
      made(...GRID, (x, y, z) =>
        Math.hypot(x, y, z) > 78 ? 0 : Math.hypot((x % 30) - 15, (y % 30) - 15) < 6 ? 30 : 600,
      ),
    ],
    ["knee", made(...GRID, knee)],
    ["abdomen", made(...GRID, abdomen)],
    [
      "head of a mouse",
      made([80, 80, 70], [0.2, 0.2, 0.2], (x, y, z) => (within(x, y, z, 6, 7, 6) ? 500 : 0)),
    ],
  ];
}
