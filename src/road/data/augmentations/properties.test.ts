import { describe, expect, it } from "vitest";
import { product } from "../../../base/bytes/index.ts";
import { Random } from "../../../base/random/index.ts";
import { type Augmentation, augmented } from "./augmentation.ts";
import { augmentations } from "./augmentations.ts";
import type { Sample } from "./sample.ts";

type Name = keyof typeof augmentations;
const NAMES = Object.keys(augmentations) as Name[];
const MOVING: readonly Name[] = ["flip", "affine", "elastic"];
const INTENSITY = NAMES.filter((name) => !MOVING.includes(name) && name !== "dropInputs");

/** Each so that it changes every sample. */
const ALWAYS: Readonly<Record<Name, object>> = {
  flip: { share: 1 },
  affine: { share: 1, translation: 4 },
  elastic: { share: 1, spacing: 12, displacement: [2, 4] },
  dropInputs: { share: 1 },
  intensity: {},
  contrast: { share: 1 },
  histogram: { share: 1 },
  biasField: { share: 1, coil: 1 },
  noise: { share: 1, sigma: [0.02, 0.08] },
  motion: { share: 1, degrees: [4, 8], translation: [2, 3] },
  ghosting: { share: 1, ghosts: [2, 4] },
  blur: { share: 1 },
  anisotropy: { share: 1, thickness: [3, 5] },
  fieldOfView: { share: 1, cut: [0.2, 0.4] },
};

/** Each so that it changes nothing though it is applied. */
const NEUTRAL: Readonly<Partial<Record<Name, object>>> = {
  affine: { share: 1, scale: 0, degrees: 0, translation: 0 },
  elastic: { share: 1, displacement: 0 },
  intensity: { gain: 0, gamma: 0 },
  contrast: { share: 1, factor: 0 },
  biasField: { share: 1, coefficients: 0, coil: 0 },
  noise: { share: 1, sigma: 0 },
  motion: { share: 1, degrees: 0, translation: 0 },
  ghosting: { share: 1, loss: 0 },
  blur: { share: 1, sigma: 0 },
  anisotropy: { share: 1, thickness: [0.5, 0.9] },
  fieldOfView: { share: 1, cut: 0 },
};

const make = (name: Name, options?: object) =>
  (augmentations[name] as (options?: object) => Augmentation)(options);

/** A ball off the middle: t1 shows it as its CT does, from 0 outside to 1; t2 is optional; labels 0, 2 and 5. Spacing differs by axis. */
function ball(pixels: readonly number[], outside = 0): Sample {
  const size = product(pixels);
  const spacing = pixels.length === 2 ? [1.5, 1] : [2, 1.5, 1];
  const axes = pixels.length === 2 ? (["z", "y"] as const) : (["z", "y", "x"] as const);
  const ct = new Float32Array(size);
  const labels = new Float32Array(size);
  const mask = new Float32Array(size);
  for (let v = 0; v < size; v++) {
    let rest = v;
    let square = 0;
    for (let axis = pixels.length - 1; axis >= 0; axis--) {
      const mm = ((rest % pixels[axis]!) - 0.45 * pixels[axis]!) * spacing[axis]!;
      rest = Math.floor(rest / pixels[axis]!);
      square += mm * mm;
    }
    const near = Math.exp(-square / 60);
    ct[v] = near < 0.01 ? 0 : near;
    labels[v] = near > 0.6 ? 5 : near > 0.1 ? 2 : 0;
    mask[v] = near > 0.02 ? 1 : 0;
  }
  const data = new Float32Array(2 * size);
  for (let v = 0; v < size; v++) {
    data[2 * v] = outside + ct[v]!;
    data[2 * v + 1] = outside + Math.sqrt(ct[v]!);
  }
  const shape = (channels: number) => [1, ...pixels, channels];
  return {
    input: { data, shape: shape(2), mask },
    targets: {
      ct: { kind: "ct", outside: 0, data: ct, shape: shape(1), mask },
      tissue: { kind: "labels", outside: 0, data: labels, shape: shape(1), mask },
    },
    axes,
    spacing,
    inputs: [
      { name: "t1", outside },
      { name: "t2", optional: true, outside },
    ],
  };
}

const SAMPLES = [
  ["slice", ball([24, 20])],
  ["patch", ball([12, 16, 14])],
] as const;

const arrays = ({ input, targets }: Sample) => [
  input.data,
  input.mask!,
  ...Object.values(targets).flatMap(({ data, mask }) => [data, mask!]),
];
const copy = (sample: Sample) => arrays(sample).map((array) => array.slice());
const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

describe.each(SAMPLES)("of a %s", (_what, sample) => {
  it.each(NAMES)("%s changes it, the same for the same key, and leaves the given one", (name) => {
    const before = copy(sample);
    const used = name === "flip" ? make(name, { share: 1, axis: "y" }) : make(name, ALWAYS[name]);
    const change = (key: string) => augmented(sample, [used], { seed: 7, from: key });
    const once = copy(change("0/0/a/1,2,3"));
    expect(copy(change("0/0/a/1,2,3"))).toEqual(once);
    expect(once).not.toEqual(before);
    if (name !== "flip" && name !== "dropInputs") expect(copy(change("0/0/a/1,2,4"))).not.toEqual(once);
    expect(copy(sample)).toEqual(before);
    for (const array of once) expect(array.every(Number.isFinite)).toBe(true);
  });

  it.each(NAMES)("%s never, at a share of 0", (name) => {
    const options = name === "intensity" ? { share: 0 } : { ...ALWAYS[name], share: 0 };
    for (let n = 0; n < 20; n++)
      expect(copy(make(name, options).apply(sample, Random.fork(n, "test")))).toEqual(copy(sample));
  });

  it.each(Object.keys(NEUTRAL) as Name[])("%s of neutral options changes nothing", (name) => {
    const out = make(name, NEUTRAL[name]).apply(sample, new Random(3));
    for (const [n, array] of arrays(out).entries())
      expect(largest(array, arrays(sample)[n]!)).toBeLessThan(1e-5);
  });

  it.each(MOVING)("%s keeps inputs, targets, labels and masks together", (name) => {
    for (let n = 0; n < 8; n++) {
      const out = make(name, ALWAYS[name]).apply(sample, Random.fork(n, "test"));
      const { ct, tissue } = out.targets;
      const t1 = ct!.data.map((_, v) => out.input.data[2 * v]!);
      expect(largest(t1, ct!.data)).toBe(0);
      expect(new Set(tissue!.data)).toEqual(new Set([0, 2, 5]));
      expect(new Set(ct!.mask)).toEqual(new Set([0, 1]));
      expect(ct!.mask).toEqual(out.input.mask);
      expect(Math.min(...ct!.data)).toBeGreaterThanOrEqual(0); // the range of HU is kept
      expect(Math.max(...ct!.data)).toBeLessThanOrEqual(Math.max(...sample.targets.ct!.data));
      // What lies well within a label before does so after: values of its core are above its threshold.
      for (const [v, label] of tissue!.data.entries())
        if (label === 5) expect(ct!.data[v]).toBeGreaterThan(0.3);
    }
  });

  it.each(INTENSITY)("%s leaves targets as they are", (name) => {
    for (let n = 0; n < 4; n++) {
      const out = make(name, ALWAYS[name]).apply(sample, Random.fork(n, "test"));
      for (const target of ["ct", "tissue"])
        expect(out.targets[target]!.data).toBe(sample.targets[target]!.data);
      if (name !== "fieldOfView") expect(out.targets).toBe(sample.targets);
    }
  });

  it.each(INTENSITY)("%s leaves an absent input at 0", (name) => {
    const lacking = {
      ...sample,
      input: {
        ...sample.input,
        data: sample.input.data.map((value, i) => (i % 2 ? 0 : value)),
        present: Uint8Array.of(1, 0),
      },
    };
    const { data } = make(name, ALWAYS[name]).apply(lacking, new Random(1)).input;
    expect(data.every((value, i) => i % 2 === 0 || value === 0)).toBe(true);
    expect(data).not.toEqual(lacking.input.data);
  });
});

describe("what lies beyond an image", () => {
  it("is air in the CT, the background in inputs, no label, and has no weight", () => {
    const full = ball([24, 20]);
    const sample: Sample = {
      ...full,
      inputs: [
        { name: "t1", outside: -3 },
        { name: "t2", outside: -4 },
      ],
      targets: { ...full.targets, ct: { ...full.targets.ct!, outside: -2 } },
    };
    const far = make("affine", { share: 1, scale: 0, degrees: 0, translation: [500, 501] });
    const { input, targets } = far.apply(sample, new Random(1));
    expect(new Set(targets.ct!.data)).toEqual(new Set([-2]));
    expect(new Set(targets.tissue!.data)).toEqual(new Set([0]));
    expect(new Set(targets.ct!.mask)).toEqual(new Set([0]));
    expect(new Set(input.data)).toEqual(new Set([-3, -4]));
  });

  it("shifts by mm of the world, whatever the voxels' size", () => {
    const sample = ball([24, 20]); // z by 1.5 mm, y by 1 mm
    const shift = make("affine", { share: 1, scale: 0, degrees: 0, translation: [3, 3] });
    const { ct } = shift.apply(sample, new Random(1)).targets;
    for (let j = 4; j < 20; j++)
      for (let i = 4; i < 16; i++)
        expect(ct!.data[(j + 2) * 20 + i + 3]).toBeCloseTo(sample.targets.ct!.data[j * 20 + i]!, 5);
  });
});

describe("a list of augmentations", () => {
  const patch = ball([12, 16, 14]);
  const at = { seed: 1, from: "0/0/a/0,0,0" };

  it("interpolates once: a turn forth and one back leave no blur", () => {
    const forth = make("affine", { share: 1, scale: 0, degrees: [9, 9] });
    const back: Augmentation = {
      ...forth,
      name: "back",
      move: (sample) => {
        const made = forth.move!(sample, new Random(0))!;
        const m = (made as { readonly matrix: readonly number[] }).matrix;
        const inverse = [m[0]!, m[4]!, m[8]!, 0, m[1]!, m[5]!, m[9]!, 0, m[2]!, m[6]!, m[10]!, 0];
        return { kind: "affine", matrix: inverse };
      },
    };
    const both = augmented(patch, [forth, back], at).targets.ct!.data;
    expect(largest(both, patch.targets.ct!.data)).toBeLessThan(1e-5);
    const one = augmented(patch, [forth], at).targets.ct!.data;
    expect(largest(one, patch.targets.ct!.data)).toBeGreaterThan(0.05);
  });

  it("of a mirror and an affine is the affine of the mirrored sample", () => {
    const flip = make("flip", { share: 1 });
    const turn = make("affine", ALWAYS.affine);
    const first = flip.apply(patch, new Random(1));
    const alone = augmented(first, [turn], at);
    const list = augmented(patch, [flip, turn], at);
    for (const [n, array] of arrays(list).entries())
      expect(largest(array, arrays(alone)[n]!)).toBeLessThan(1e-5);
  });

  it.each(["x", "y", "z"] as const)(
    "of an elastic and a mirror along %s is the mirrored bent sample",
    (axis) => {
      const bend = make("elastic", ALWAYS.elastic);
      const flip = make("flip", { share: 1, axis });
      const bent = flip.apply(augmented(patch, [bend], at), new Random(1));
      const list = augmented(patch, [bend, flip], at);
      for (const [n, array] of arrays(list).entries())
        expect(largest(array, arrays(bent)[n]!)).toBeLessThan(1e-5);
    },
  );

  it("changes inputs where they are when an intensity stands between two moves", () => {
    const cut = make("fieldOfView", { share: 1, cut: [0.4, 0.4] });
    const flip = make("flip", { share: 1 });
    const seen = augmented(patch, [flip, cut, flip], at);
    expect(seen.targets.ct!.data).toEqual(patch.targets.ct!.data);
    expect(seen.input.data).not.toEqual(patch.input.data);
  });
});

describe("fieldOfView", () => {
  it("takes the weight of what no input shows, and of nothing else", () => {
    const sample = ball([24, 20], -0.5);
    const { input, targets } = make("fieldOfView", { share: 1, cut: [0.3, 0.5] }).apply(
      sample,
      new Random(5),
    );
    const { mask } = targets.ct!;
    expect(mask).toBe(input.mask);
    for (let v = 0; v < mask!.length; v++) {
      const gone = input.data[2 * v] === -0.5 && input.data[2 * v + 1] === -0.5;
      if (mask![v] === 1) expect(gone).toBe(false);
      else if (sample.targets.ct!.mask![v] === 1) expect(gone).toBe(true);
    }
    const one = make("fieldOfView", { share: 0.5, cut: [0.3, 0.5] });
    const kept = Array.from({ length: 40 }, (_, n) => one.apply(sample, Random.fork(n, "test"))).filter(
      (out) => out !== sample && out.targets.ct!.mask === sample.targets.ct!.mask,
    );
    expect(kept.length).toBeGreaterThan(5); // one input is cut, the other shows all
  });
});

describe("noise", () => {
  it("is Rician: as strong as asked in bright places, and brighter than nothing in the background", () => {
    const size = 128 * 128;
    const data = new Float32Array(size).fill(0.2 - 1);
    data.fill(1 - 1, size / 2);
    const flat = { data, shape: [1, 128, 128, 1] };
    const sample: Sample = {
      input: flat,
      targets: {},
      axes: ["y", "x"],
      spacing: [1, 1],
      inputs: [{ name: "mr", outside: -1 }],
    };
    sample.input.data.fill(-1, 0, size / 4);
    const out = make("noise", { share: 1, sigma: [0.05, 0.05] }).apply(sample, new Random(2)).input.data;
    const moments = (from: number, to: number) => {
      const part = out.subarray(from, to);
      const mean = part.reduce((sum, v) => sum + v, 0) / part.length;
      return [mean + 1, Math.sqrt(part.reduce((sum, v) => sum + (v - mean) ** 2, 0) / part.length)];
    };
    const [bright, sd] = moments(size / 2, size);
    expect(bright).toBeCloseTo(1 + 0.05 ** 2 / 2, 2);
    expect(sd).toBeCloseTo(0.05, 2);
    const [dark, darkSd] = moments(0, size / 4);
    expect(dark).toBeCloseTo(0.05 * Math.sqrt(Math.PI / 2), 2); // Rayleigh's
    expect(darkSd).toBeCloseTo(0.05 * Math.sqrt(2 - Math.PI / 2), 2);
  });
});

describe("options", () => {
  it.each(NAMES)("%s is made again from its JSON", (name) => {
    for (const one of [make(name), make(name, ALWAYS[name])]) {
      const { name: called, ...options } = JSON.parse(JSON.stringify(one));
      expect(called).toBe(name);
      expect(make(name, options).toJSON()).toEqual(one.toJSON());
    }
    expect(make(name).about).toBeTruthy();
  });

  it.each([
    [
      "affine",
      { scale: [1.2, 0.8] },
      "augmentations.affine: scale must be a number or [low, high], above 0, got [1.2,0.8]",
    ],
    ["affine", { degrees: 200 }, "degrees must be a number or [low, high], from -180 up to 180, got 200"],
    ["affine", { isotropic: 1 }, "isotropic must be true or false"],
    [
      "elastic",
      { displacement: 30 },
      "displacement must be at most 0.4 of spacing (20 mm), got 30; larger shifts fold",
    ],
    ["elastic", { locked: 3 }, "locked must be a whole number from 0 to 2, got 3"],
    ["elastic", { spacing: 0 }, "spacing must be above 0, got 0"],
    ["flip", { share: 2 }, "share must be from 0 to 1, got 2"],
    ["intensity", { gain: 1 }, "gain must be a number or [low, high], above 0, got 1"],
    ["contrast", { factor: Number.NaN }, "factor must be"],
    ["histogram", { points: 2 }, "points must be a whole number from 3 to 256, got 2"],
    ["biasField", { order: 4 }, "order must be a whole number from 1 to 3, got 4"],
    ["biasField", { coil: -1 }, "coil must be from 0 to 1, got -1"],
    ["noise", { sigma: -0.1 }, "sigma must be a number or [low, high], from 0, got -0.1"],
    ["motion", { movements: 0 }, "movements must be a whole number from 1 to 8, got 0"],
    ["ghosting", { ghosts: [1, 4] }, "ghosts must be [low, high], from 2, got [1,4]"],
    ["anisotropy", { thickness: 3 }, "thickness must be [low, high], above 0, got 3"],
    ["fieldOfView", { cut: 1.5 }, "cut must be a number or [low, high], from 0 up to 1, got 1.5"],
  ] as const)("%s refuses %j", (name, options, message) => {
    expect(() => make(name, options)).toThrow(message);
  });
});

it.each(["intensity", "contrast", "histogram"] as const)("%s moves the background with the rest", (name) => {
  const sample = ball([24, 20], 0.3);
  const { input, inputs } = make(name, { ...ALWAYS[name], share: 1 }).apply(sample, new Random(4));
  for (const [n, { outside }] of inputs.entries()) {
    const corner = input.data[n]!;
    expect(sample.input.data[n]).toBe(Math.fround(0.3));
    expect(outside).toBe(corner);
  }
  if (name !== "histogram") expect(inputs[0]!.outside).not.toBeCloseTo(0.3, 5); // its range stays
});
