import { describe, expect, test } from "vitest";
import { Random } from "../../base/random/index.ts";
import {
  affineFromSpacing,
  applyAffine,
  multiplyAffines,
  reorient,
  type Triple,
  Volume,
} from "../../imaging/volume/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../preparation/index.ts";
import { type Case, type VolumeRef, volumeRef } from "./case.ts";
import { loadCase, prepareCase } from "./prepare-case.ts";

const preparation = definePreparation({
  inputs: [{ name: "mr" }],
  steps: usualSteps({
    spacing: [2, 2, 2],
    inputs: { mr: Normalizer.window({ min: 0, max: 100 }) },
    target: Normalizer.window({ min: -1000, max: 1000 }),
  }),
  sampler: Slicer.slices({ size: [32, 32] }),
});

/** A ball of 18 mm around (0, 0, 0) in the world, whose lower half is masked out, on any grid of 48 mm. */
function ball(spacing: Triple, matrix: readonly number[], codes: string): Case {
  const shape = spacing.map((s) => Math.round(48 / s)) as unknown as Triple;
  const centre = spacing.map((s, d) => (-s * (shape[d]! - 1)) / 2) as unknown as Triple;
  const affine = multiplyAffines(matrix, affineFromSpacing(spacing, centre));
  const size = shape[0] * shape[1] * shape[2];
  const places = Array.from({ length: size }, (_, i) =>
    applyAffine(affine, [
      i % shape[0],
      Math.floor(i / shape[0]) % shape[1],
      Math.floor(i / (shape[0] * shape[1])),
    ]),
  );
  const inside = places.map(([x, y, z]) => Math.hypot(x, y, z) < 18);
  const stored = (data: Float32Array | Uint8Array, unit: "HU" | "arbitrary" | "unknown") =>
    volumeRef(reorient(new Volume({ shape, affine, data, unit }), codes));
  return {
    id: `${shape} ${codes}`,
    inputs: {
      mr: stored(
        Float32Array.from(inside, (v) => (v ? 60 : 0)),
        "arbitrary",
      ),
    },
    targets: {
      ct: stored(
        Float32Array.from(inside, (v) => (v ? 50 : -1000)),
        "HU",
      ),
    },
    mask: stored(
      Uint8Array.from(places, ([, , z]) => (z > 0 ? 1 : 0)),
      "unknown",
    ),
  };
}

const STRAIGHT = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const [C, S] = [Math.cos(0.5), Math.sin(0.5)];
const TURNED = [C, 0, S, 0, 0, 1, 0, 0, -S, 0, C, 0, 0, 0, 0, 1];
const SHEARED = [1, 0.3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

describe("cases on other grids than the model's", () => {
  test.each<[string, Triple, readonly number[], string]>([
    ["the model's own", [2, 2, 2], STRAIGHT, "RAS"],
    ["stored as LPI", [2, 2, 2], STRAIGHT, "LPI"],
    ["1×1×3 mm, PIL", [1, 1, 3], STRAIGHT, "PIL"],
    ["turned by 29°", [2, 2, 2], TURNED, "RAS"],
    ["turned, 1.5×3×1.5 mm, SAR", [1.5, 3, 1.5], TURNED, "SAR"],
    ["sheared", [2, 2, 2], SHEARED, "RAS"],
  ])("%s: input, target and masks show the same place", async (_name, spacing, matrix, codes) => {
    const prepared = await prepareCase(ball(spacing, matrix, codes), preparation);
    const { subject, reference } = prepared;
    const { ct, scored } = reference!;
    const { learnt } = subject.masks as { readonly learnt: Volume };
    const target = subject.targets.ct!.volume;
    const input = subject.inputs.mr!.volume;
    for (const volume of [ct, target, scored, learnt]) {
      expect(volume.shape).toEqual(input.shape);
      expect(volume.affine).toEqual(input.affine);
    }
    const [nx, ny] = ct.shape;
    let voxels = 0;
    const wrong: string[] = [];
    const check = (right: boolean, what: string, at: Triple) => right || wrong.push(`${what} at ${at}`);
    for (let i = 0; i < ct.size; i++) {
      const at = applyAffine(ct.affine, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]);
      const r = Math.hypot(...at);
      voxels += scored.data[i]!;
      // A voxel's half diagonal, of the source and of the grid, is left out at each border.
      if (r < 13 && at[2] > 4) check(scored.data[i] === 1 && learnt.data[i] === 1, "not scored", at);
      if (r > 23 || at[2] < -4) check(scored.data[i] === 0, "scored", at);
      if (r < 11) check(Math.abs(ct.data[i]! - 50) < 0.1, "CT", at);
      if (r < 11) check(Math.abs(input.data[i]! - 0.6) < 1e-3, "input", at);
      if (r > 26) check(ct.data[i]! < -995, "air", at);
    }
    expect(wrong).toEqual([]);
    // Half a ball: 2/3 π 18³ mm³ in voxels of 8 mm³.
    expect(Math.abs(voxels / ((2 / 3) * Math.PI * (18 ** 3 / 8)) - 1)).toBeLessThan(0.1);
    // Its 9 slices; the ring around the body lies in the planes of the scan, so a turned one reaches further.
    const samples = preparation.sampler.draw(learnt, new Random(0));
    expect(samples.length).toBeGreaterThan(8);
    expect(samples.length).toBeLessThan(15);
  });
});

describe("cases of other kinds", () => {
  const whole = ball([2, 2, 2], STRAIGHT, "LPI");
  const { mr } = whole.inputs as { readonly mr: VolumeRef };
  const { ct } = whole.targets as { readonly ct: VolumeRef };
  const labels: VolumeRef = {
    async load() {
      const hu = await ct.load();
      return hu.with({ data: Uint8Array.from(hu.data, (v) => (v > 0 ? 3 : 0)), unit: "unknown" });
    },
  };

  test("labels are a target beside the CT, on its grid, as they were stored", async () => {
    const source = { ...whole, targets: { ct, tissue: labels } };
    const { targets } = (await prepareCase(source, preparation)).subject;
    expect(targets.tissue).toMatchObject({ kind: "labels", outside: 0 });
    const { data } = targets.tissue!.volume;
    expect(data).toBeInstanceOf(Uint8Array);
    const { data: hu } = targets.ct!.volume;
    for (let i = 0; i < data.length; i++) expect(data[i]).toBe(hu[i]! > 0 ? 3 : 0);
    const halves: VolumeRef = {
      load: async () => (await labels.load()).with({ data: (await mr.load()).values().map((v) => v / 40) }),
    };
    await expect(loadCase({ ...whole, targets: { tissue: halves } }, preparation.inputs)).rejects.toThrow(
      'the target "tissue" holds 1.5, and labels are whole numbers from 0 up; the CT is the target "ct"',
    );
  });

  test("inputs alone: the foreground is learnt from, nothing is scored", async () => {
    const { subject, reference } = await prepareCase(
      { id: "mr", inputs: { mr }, mask: whole.mask },
      preparation,
    );
    expect([Object.keys(subject.targets), reference]).toEqual([[], undefined]);
    const { learnt, scored } = subject.masks;
    expect(scored).toBeUndefined();
    const image = subject.inputs.mr!.volume;
    const slice = image.shape[0] * image.shape[1];
    for (const [i, v] of image.values().entries()) {
      const upper = applyAffine(image.affine, [0, 0, Math.floor(i / slice)])[2] > 0;
      if (learnt!.data[i] === 1) expect(v).toBeGreaterThan(0);
      if (v > 0.5 && upper) expect(learnt!.data[i]).toBe(1);
      if (!upper) expect(learnt!.data[i]).toBe(0);
    }
  });

  test("targets alone: the grid is theirs", async () => {
    const { subject, reference } = await prepareCase({ id: "ct", inputs: {}, targets: { ct } }, preparation);
    expect(subject.inputs).toEqual({});
    expect(reference!.ct.shape).toEqual(subject.grid.shape);
    const only = await prepareCase({ id: "tissue", inputs: {}, targets: { tissue: labels } }, preparation);
    expect(only.subject.masks.learnt!.data.every((v) => v === 1)).toBe(true);
  });

  test("an optional input may be missing, others are named", async () => {
    const specs = [{ name: "t2", optional: true }, { name: "mr" }];
    const { inputs } = await loadCase(whole, specs);
    expect(Object.keys(inputs)).toEqual(["mr"]);
    await expect(loadCase(whole, [{ name: "t2" }])).rejects.toThrow(
      `case ${whole.id}: has no input "t2"; its inputs are mr`,
    );
    await expect(loadCase({ id: "none", inputs: {} }, specs)).rejects.toThrow(
      "case none: has no image that counts",
    );
  });

  test("images on different grids, and a CT that is not in HU, are refused", async () => {
    const moved: VolumeRef = {
      load: async () => (await mr.load()).with({ affine: affineFromSpacing([2, 2, 2]) }),
    };
    const wrong = loadCase({ ...whole, inputs: { mr: moved } }, preparation.inputs);
    await expect(wrong).rejects.toThrow(/mr \(.*\) and ct \(.*\) are on different grids/);
    await expect(loadCase({ ...whole, targets: { ct: mr } }, preparation.inputs)).rejects.toThrow(
      'the target\'s unit is "arbitrary", not HU',
    );
  });
});
