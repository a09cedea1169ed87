/**
 * Makes docs/images/augmentations.png: each augmentation at several draws, on a slice of a simulated head.
 *
 *     npx jiti bench/pictures/augmentations.ts
 */
import { writeFile } from "node:fs/promises";
import { encode } from "fast-png";
import { Random } from "../../src/base/random/index.ts";
import { Canvas } from "../../src/evaluation/report/canvas.ts";
import { GLYPH_HEIGHT } from "../../src/evaluation/report/font.ts";
import type { Colour } from "../../src/imaging/display/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import type { Batch } from "../../src/networks/models/index.ts";
import { type Augmentation, augmentations, type Sample } from "../../src/road/data/index.ts";
import { Normalizer, Slicer } from "../../src/road/preparation/index.ts";

const DRAWS = 5;
/** Levels of grey: few, so that the file is small. */
const LEVELS = 48;
const SLICE = 46;
const INK: Colour = [235, 235, 235];
const GAP = 4;
const LINE = GLYPH_HEIGHT + 10;

/** Each as strong as its defaults allow, and always; moving ones are shown in the CT as well. */
const ROWS: readonly (readonly [Augmentation, shownInCt?: boolean])[] = [
  [augmentations.flip({ share: 0.5 })],
  [augmentations.affine({ share: 1 }), true],
  [augmentations.elastic({ share: 1, displacement: [5, 7.5] }), true],
  [augmentations.intensity({ gamma: [0.7, 1.5] })],
  [augmentations.contrast({ share: 1 })],
  [augmentations.histogram({ share: 1 })],
  [augmentations.biasField({ share: 1 })],
  [augmentations.noise({ share: 1 })],
  [augmentations.motion({ share: 1 })],
  [augmentations.ghosting({ share: 1 })],
  [augmentations.blur({ share: 1, sigma: [0.5, 2] })],
  [augmentations.anisotropy({ share: 1 })],
  [augmentations.fieldOfView({ share: 1 })],
];

const HU = Normalizer.window({ min: -1000, max: 1000 });

async function slice(): Promise<Sample> {
  const head = await phantomSubject({ seed: 7, subject: 1, shape: [96, 112, 96], spacing: [2, 2, 2] });
  const mr = head.inputs.t1!;
  const sampler = Slicer.slices({ axis: "axial", size: [104, 84] });
  const places = [sampler.grid(mr.shape)[SLICE]!];
  const cut = (volume: typeof mr, normalizer: Normalizer, outside: number) =>
    sampler.cut([{ volume: normalizer.apply(volume), outside }], places, { grid: mr, context: 0 });
  return {
    input: cut(mr, Normalizer.percentile().fit(mr), 0),
    targets: { ct: { ...cut(head.ct, HU, 0), kind: "ct", outside: 0 } },
    axes: sampler.axes,
    spacing: [2, 2],
    inputs: [{ name: "t1", outside: 0 }],
  };
}

const sample = await slice();
const [, height, width] = sample.input.shape as [number, number, number, number];
const lines = ROWS.reduce((count, [, ct]) => count + (ct ? 2 : 1), 0);
const canvas = new Canvas(
  (DRAWS + 1) * (width + GAP) + GAP,
  ROWS.length * LINE + lines * (height + GAP),
  [20, 20, 24],
);
let top = 0;
for (const [augmentation, ct] of ROWS) {
  const { name, ...options } = augmentation.toJSON() as Readonly<Record<string, unknown>>;
  const set = Object.entries(options)
    .filter(([, value]) => typeof value !== "boolean")
    .map(([option, value]) => `${option} ${[value].flat().join(" to ")}`);
  canvas.text(GAP, top + 6, `${name}: ${set.join(", ")}`, INK, 1);
  top += LINE;
  const draws = [
    sample,
    ...Array.from({ length: DRAWS }, (_, n) => augmentation.apply(sample, Random.fork(n, name as string))),
  ];
  for (const images of ct
    ? [draws.map(({ input }) => input), draws.map(({ targets }) => targets.ct!)]
    : [draws.map(({ input }) => input)]) {
    for (const [n, image] of images.entries()) draw(image, GAP + n * (width + GAP), top);
    top += height + GAP;
  }
}
const grey = canvas.data.filter((_, n) => n % 3 === 0);
await writeFile(
  new URL("../../docs/images/augmentations.png", import.meta.url),
  encode(
    { width: canvas.width, height: canvas.height, data: grey, channels: 1, depth: 8 },
    { zlib: { level: 9 } },
  ),
);

/** Radiological: the patient's right on the left, front above. */
function draw({ data }: Batch, left: number, above: number): void {
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const value = data[(height - 1 - j) * width + (width - 1 - i)]!;
      const level = Math.round((LEVELS - 1) * Math.min(1, Math.max(0, value))) * (255 / (LEVELS - 1));
      canvas.pixel(left + i, above + j, [level, level, level]);
    }
}
