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
import { type Case, volumeRef } from "./case.ts";
import { prepareCase } from "./prepare-case.ts";

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
