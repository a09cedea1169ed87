import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleOf, identityModel } from "../../../../test/support/identity-model.ts";
import { product } from "../../../base/bytes/index.ts";
import {
  type Affine,
  affineFromSpacing,
  applyAffine,
  type Grid,
  multiplyAffines,
  reorient,
  type Triple,
  Volume,
} from "../../../imaging/volume/index.ts";
import { Synthesizer } from "../../synthesis/synthesizer.ts";
import {
  forwardSteps,
  Normalizer,
  type Outputs,
  type SliceOptions,
  Slicer,
  type SpacingOptions,
  subjectOf,
  usualSteps,
} from "../index.ts";
import { MAX_OBLIQUITY, SPACING_LIMITS, spacing as spacingStep, spacingType } from "./spacing.ts";

const { backend, plugins } = identityModel();

/** The orders and directions in which three axes can be stored. */
const ORIENTATIONS = ["RL", "AP", "SI"].flatMap((a, n, all) =>
  all
    .filter((_, m) => m !== n)
    .flatMap((b) => {
      const c = all.find((x) => x !== a && x !== b)!;
      return [...a].flatMap((i) => [...b].flatMap((j) => [...c].map((k) => i + j + k)));
    }),
);

function noise(shape: Triple, spacing: Triple): Volume {
  const size = shape[0] * shape[1] * shape[2];
  const data = Float32Array.from({ length: size }, (_, i) => Math.round(1000 * Math.sin(i * i + 1)));
  return new Volume({ shape, data, affine: affineFromSpacing(spacing, [-3, 5, 7]), unit: "arbitrary" });
}

function worst(a: Volume, b: Volume): number {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.values(), b.values()];
  return x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
}

describe("the same voxels in all 48 orientations", () => {
  test("are 48", () => expect(new Set(ORIENTATIONS).size).toBe(48));

  test.each<[string, SliceOptions, Triple, number]>([
    ["axial", {}, [1, 1, 3], 0],
    ["coronal, cropped and padded", { axis: "coronal", size: [4, 10] }, [1, 1, 3], 0],
    ["sagittal tiles", { axis: "sagittal", fit: "tile", size: [3, 4] }, [1, 1, 3], 0],
    ["resampled", {}, [1.5, 2, 1.5], 0],
  ])("%s: one sCT, stored as the input is", async (_name, slice, spacing, tolerance) => {
    const bundle = bundleOf({ spacing, slicer: Slicer.slices(slice) });
    const synthesizer = new Synthesizer(bundle, { backend, plugins });
    const mr = noise([7, 9, 5], [1, 1, 3]);
    const { sct: first } = await synthesizer.run(mr);
    for (const codes of ORIENTATIONS) {
      const turned = reorient(mr, codes);
      const { sct } = await synthesizer.run(turned);
      expect(sct.affine).toEqual(turned.affine);
      expect(worst(sct, reorient(first, codes)), codes).toBeLessThanOrEqual(tolerance);
    }
    if (spacing[0] === 1) expect(worst(first, mr)).toBeLessThan(0.001);
  });

  test("2.5-D: channel 0 is the slice below, in every orientation", async () => {
    const three = identityModel(1, 3);
    const bundle = bundleOf({ slicer: Slicer.slices({ context: 1 }) });
    const synthesizer = new Synthesizer(bundle, three);
    const mr = noise([5, 3, 7], [1, 1, 3]);
    for (const codes of ORIENTATIONS) {
      const sct = reorient((await synthesizer.run(reorient(mr, codes))).sct, "RAS");
      for (let k = 0; k < 7; k++) expect(sct.at(2, 1, k)).toBeCloseTo(mr.at(2, 1, Math.max(0, k - 1)), 2);
    }
  });
});

/** Turned by degrees about an axis through (0, 0, 0). */
function turn(axis: 0 | 1 | 2, degrees: number): number[] {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [p, q] = [(axis + 1) % 3, (axis + 2) % 3];
  const out = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  out[4 * p + p] = c;
  out[4 * q + q] = c;
  out[4 * p + q] = -s;
  out[4 * q + p] = s;
  return out;
}
const SHEAR = [1, 0.4, 0, 0, 0, 1, 0, 0, 0, -0.3, 1, 0, 0, 0, 0, 1];

/** A linear function of place: interpolation keeps it. */
function ramp(volume: Volume): Volume {
  const [nx, ny] = volume.shape;
  const data = Float32Array.from({ length: volume.size }, (_, i) => {
    const [x, y, z] = applyAffine(volume.affine, [
      i % nx,
      Math.floor(i / nx) % ny,
      Math.floor(i / (nx * ny)),
    ]);
    return 500 + 10 * x - 7 * y + 3 * z;
  });
  return volume.with({ data });
}

describe("oblique and sheared grids", () => {
  const straight = noise([18, 20, 16], [1, 1, 1]);

  test.each([
    ["30° about x", turn(0, 30), "RAS"],
    ["20° about y, stored as LPI", turn(1, 20), "LPI"],
    ["40° about z, stored as SAR", turn(2, 40), "SAR"],
    ["sheared", SHEAR, "RAS"],
  ])("%s: resampled onto a straight grid and back", async (_name, matrix, codes) => {
    const synthesizer = new Synthesizer(bundleOf({ spacing: [1, 1, 1] }), { backend, plugins });
    const oblique = ramp(
      reorient(straight.with({ affine: multiplyAffines(matrix, straight.affine) }), codes),
    );
    const { sct, resampled } = await synthesizer.run(oblique);
    expect(resampled).toBe(true);
    expect(sct.shape).toEqual(oblique.shape);
    expect(sct.affine).toEqual(oblique.affine);
    const [nx, ny, nz] = oblique.shape;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) {
          const rim = Math.min(i, j, k, nx - 1 - i, ny - 1 - j, nz - 1 - k);
          // At the rim the border is repeated; there is no air that was not in the image.
          expect(Math.abs(sct.at(i, j, k) - oblique.at(i, j, k))).toBeLessThan(rim >= 3 ? 0.1 : 15);
        }
  });

  test("below the limit they are taken as straight, and the limit travels in the model file", async () => {
    const matrix = turn(0, MAX_OBLIQUITY - 0.1);
    const oblique = straight.with({ affine: multiplyAffines(matrix, straight.affine) });
    const bundle = bundleOf({ spacing: [1, 1, 1] });
    const free = await new Synthesizer(bundle, { backend, plugins }).run(oblique);
    expect(free.resampled).toBe(false);
    const steps = bundle.preparation.steps.map((s) => (s.type === "spacing" ? { ...s, maxObliquity: 1 } : s));
    const changed = { ...bundle, preparation: { ...bundle.preparation, steps } };
    const strict = await new Synthesizer(changed, { backend, plugins }).run(oblique);
    expect(strict.resampled).toBe(true);
  });

  test("the straight grid covers any volume", () => {
    const cases = fc.record({
      shape: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 9 }))),
      degrees: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -180, max: 180 }))),
      spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.5, max: 3, noNaN: true }))),
    });
    fc.assert(
      fc.property(cases, ({ shape, degrees, spacing }) => {
        const matrix = degrees.reduce<Affine>((m, d, axis) => multiplyAffines(turn(axis as 0, d), m), SHEAR);
        const affine = multiplyAffines(matrix, affineFromSpacing(spacing as unknown as Triple, [1, 2, 3]));
        const ones = new Volume({
          shape: shape as unknown as Triple,
          data: new Uint8Array(product(shape)).fill(1),
          affine,
        });
        const model = { spacing: [1, 1, 1] as const, limits: { min: 0.01, max: 100 }, maxObliquity: 0 };
        const grid = spacingStep(model).gridAfter!(reorient(ones, "RAS"));
        expect(
          grid.affine.filter((_, n) => ![0, 3, 5, 7, 10, 11, 15].includes(n)).every((v) => v === 0),
        ).toBe(true);
        // Every outer corner of the source lies in the grid's voxels, but for a thousandth of a voxel.
        for (let corner = 0; corner < 8; corner++) {
          const at = applyAffine(
            affine,
            shape.map((n, d) => ((corner >> d) & 1 ? n - 0.5 : -0.5)) as unknown as Triple,
          );
          for (const [d, mm] of at.entries()) {
            const index = mm - grid.affine[4 * d + 3]!;
            expect(index).toBeGreaterThan(-0.502);
            expect(index).toBeLessThan(grid.shape[d]! - 0.498);
          }
        }
      }),
    );
  });

  test("the corners beyond an oblique volume don't count when the input is normalised", async () => {
    const steps = usualSteps({
      spacing: [1, 1, 1],
      inputs: { mr: Normalizer.zscore() },
      target: Normalizer.window({ min: -1000, max: 3000 }),
    });
    // A block of 100 in the middle of 0.
    const inside = (i: number, n: number) => i > n / 4 && i < (3 * n) / 4;
    const block = straight.with({
      data: Float32Array.from({ length: straight.size }, (_, i) =>
        inside(i % 18, 18) && inside(Math.floor(i / 18) % 20, 20) && inside(Math.floor(i / 360), 16)
          ? 100
          : 0,
      ),
    });
    const brightest = async (volume: Volume) => {
      const { subject } = await forwardSteps(steps, subjectOf({ mr: volume }, [{ name: "mr" }]));
      return subject.inputs.mr!.volume.values().reduce((a, b) => Math.max(a, b));
    };
    const turned = block.with({ affine: multiplyAffines(turn(2, 35), block.affine) });
    expect((await brightest(turned)) / (await brightest(block))).toBeCloseTo(1, 1); // 1.5 if they counted
  });
});

describe("limits of the voxel size", () => {
  const model = { spacing: [1, 1, 3] as const };
  const forward = async (volume: Volume, options: SpacingOptions = model) => {
    const { subject } = await forwardSteps(
      [spacingStep(options)],
      subjectOf({ mr: volume }, [{ name: "mr" }]),
    );
    return subject.inputs.mr!.volume;
  };
  const at = (spacing: Triple) => forward(noise([4, 4, 4], spacing));

  test("within them a volume is resampled, at 1 % it is the same, beyond them it is refused", async () => {
    expect((await at([1.009, 1, 2.98])).spacing).toEqual(noise([4, 4, 4], [1.009, 1, 2.98]).spacing);
    const { min, max } = SPACING_LIMITS;
    for (const spacing of [
      [max, max, 3 * max],
      [min, min, 3 * min],
    ] as const)
      expect((await at(spacing)).spacing.map((s) => Number(s.toFixed(9)))).toEqual([1, 1, 3]);
    await expect(at([1, 1, 3.1 * max])).rejects.toThrow(
      "spacing: voxels of 1×1×12.4 mm (along x, y, z) are too far from the model's 1×1×3 mm: " +
        "it takes 0.25×0.25×0.75 mm to 4×4×12 mm; check the voxel size in the header, or use a model trained near this one",
    );
    await expect(at([0.2, 1, 3])).rejects.toThrow("voxels of 0.2×1×3 mm");
  });

  test("a model's own limits win; files without them get the default", async () => {
    const bare = spacingType.parse({ type: "spacing", spacing: [1, 1, 3] });
    expect(bare.toJSON()).toEqual({
      type: "spacing",
      ...model,
      limits: SPACING_LIMITS,
      maxObliquity: MAX_OBLIQUITY,
    });
    const wide = { ...model, limits: { min: 0.1, max: 10 } };
    expect((await forward(noise([4, 4, 4], [8, 1, 3]), wide)).shape).toEqual([32, 4, 4]);
  });

  test.each([
    [{ limits: { min: 2, max: 4 } }, "the limits of spacing must enclose 1"],
    [{ limits: { min: 0, max: 4 } }, "the limits of spacing must enclose 1"],
    [{ maxObliquity: -1 }, "maxObliquity must be degrees, 0 or more, got -1"],
    [{ spacing: [1, 0, 1] as const }, "spacing must be three positive numbers, got [1,0,1]"],
    [{ spacings: [1, 1, 1] }, 'there is no option "spacings"; its options are spacing, limits, maxObliquity'],
  ])("a step with %j is refused", (change, says) => {
    expect(() => spacingType.parse({ ...spacingStep(model).toJSON(), ...change })).toThrow(says);
  });

  test("a grid that is not RAS is refused, with what to do", async () => {
    await expect(forward(reorient(noise([4, 4, 4], [1, 1, 3]), "LPS"))).rejects.toThrow(
      "this grid is LPS; put orient() before spacing()",
    );
  });
});

describe("the step alone, forward and back", () => {
  const step = spacingStep({ spacing: [1.5, 2, 1.5] });
  const image = noise([10, 9, 8], [1, 1, 3]);
  const labels = image.with({
    data: Uint8Array.from({ length: image.size }, (_, i) => i % 5),
    unit: "unknown",
  });
  const ct = ramp(image).with({ unit: "HU" });

  test("masks and labels take the nearest voxel, a CT is interpolated, beyond it is air", async () => {
    const turned = multiplyAffines(turn(2, 30), image.affine);
    const on = (volume: Volume) => volume.with({ affine: turned });
    const subject = {
      ...subjectOf({ mr: on(image) }, [{ name: "mr" }]),
      targets: {
        ct: { kind: "ct" as const, volume: on(ct), outside: -1000 },
        tissue: { kind: "labels" as const, volume: on(labels), outside: 0 },
      },
      masks: { scored: on(labels.with({ data: new Uint8Array(labels.size).fill(1) })) },
    };
    const moved = await step.forward(subject, {});
    const { covered, scored } = moved.masks;
    const [hu, tissue] = [moved.targets.ct!.volume, moved.targets.tissue!.volume];
    expect(tissue.data).toBeInstanceOf(Uint8Array);
    expect(scored!.data).toEqual(covered!.data);
    const [low, high] = [Math.min(...ct.data), Math.max(...ct.data)];
    let beyond = 0;
    for (const [i, inside] of covered!.data.entries()) {
      if (inside) expect(hu.data[i]! >= low && hu.data[i]! <= high).toBe(true);
      else beyond += hu.data[i] === -1000 && tissue.data[i] === 0 ? 1 : 1e6;
    }
    expect(beyond).toBeGreaterThan(20);
    for (const volume of [hu, tissue, scored!, covered!, moved.inputs.mr!.volume]) {
      expect(volume.shape).toEqual(moved.grid.shape);
      expect(volume.affine).toEqual(moved.grid.affine);
    }
  });

  test("back, all outputs land on the grid that they came from", async () => {
    const { grid } = await step.forward(subjectOf({ mr: image }, [{ name: "mr" }]), {});
    const on = (value: number) =>
      new Volume({ ...grid, data: new Float32Array(product(grid.shape)).fill(value) });
    const wide = { shape: image.shape, affine: [...image.affine] };
    wide.affine[3]! -= 40; // far beyond the left of the field of view
    const outputs: Outputs = {
      ct: { kind: "ct", volume: on(50) },
      spread: { kind: "scale", of: "ct", volume: on(7) },
      tissue: { kind: "labels", classes: ["air", "bone"], probabilities: [on(0.25), on(0.75)] },
    };
    const at = async (where: Grid) => {
      const { ct: hu, spread, tissue } = await step.backward!(outputs, where, {});
      const volumes = [hu, spread].map((o) => (o as { volume: Volume }).volume);
      volumes.push(...(tissue as { readonly probabilities: readonly Volume[] }).probabilities);
      for (const volume of volumes)
        expect([volume.shape, volume.affine]).toEqual([where.shape, where.affine]);
      return volumes.map((volume) => Number(volume.at(0, 0, 0).toFixed(4)));
    };
    expect(await at(image)).toEqual([50, 7, 0.25, 0.75]);
    expect(await at(wide)).toEqual([-1000, 0, 1, 0]);
  });

  test("where nothing was resampled, nothing is on the way back", async () => {
    const same = spacingStep({ spacing: [1, 1, 3] });
    const { grid } = await same.forward(subjectOf({ mr: image }, [{ name: "mr" }]), {});
    expect(grid).toEqual({ shape: image.shape, affine: image.affine });
    const outputs: Outputs = { ct: { kind: "ct", volume: image } };
    expect((await same.backward!(outputs, image, {})).ct).toMatchObject({ volume: image });
  });
});
