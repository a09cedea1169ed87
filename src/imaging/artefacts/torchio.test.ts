import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/augmentations/augmentations.json" with { type: "json" };
import { smoothInPlace, type Triple } from "../volume/index.ts";
import { multiplyByPolynomial } from "./bias-fields.ts";
import { acquired, ghostShares, motionShares } from "./k-space.ts";
import { powerFunction } from "./power.ts";
import { reslice } from "./thick-slices.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

/** TorchIO's subject, its image x-fastest. */
function subject(of: string) {
  const { shape, spacing, image } = fixture.given[of as "solid" | "flat"];
  return { shape: triple(shape), spacing: triple(spacing), image: Float32Array.from(image) };
}

/** The largest difference, of voxels `far` from the ends of an axis or of all of them. */
function largest(
  ours: Float32Array,
  theirs: readonly number[],
  shape: Triple,
  far: Triple = [0, 0, 0],
): number {
  expect(ours.length).toBe(theirs.length);
  let most = 0;
  let counted = 0;
  for (let v = 0; v < ours.length; v++) {
    const place = [v % shape[0], Math.floor(v / shape[0]) % shape[1], Math.floor(v / (shape[0] * shape[1]))];
    if (!place.every((p, d) => p >= far[d]! && p < shape[d]! - far[d]!)) continue;
    counted++;
    most = Math.max(most, Math.abs(ours[v]! - theirs[v]!));
  }
  expect(counted).toBeGreaterThan(0);
  return most;
}

describe("as TorchIO's with the same parameters", () => {
  test.each(fixture.bias.map((c) => [c.of, c] as const))("bias field, %s", (of, c) => {
    const { image, shape } = subject(of);
    multiplyByPolynomial(image, shape, c.order, c.coefficients);
    expect(largest(image, c.image, shape)).toBeLessThan(1e-5);
  });

  test.each(fixture.gamma.map((c) => [c.gamma, c] as const))("gamma %d", (gamma, c) => {
    const { image, shape } = subject(c.of);
    powerFunction(gamma)(image);
    expect(largest(image, c.image, shape)).toBeLessThan(1e-5);
  });

  test.each(fixture.blur.map((c) => [c.of, c] as const))("blur within the image, %s", (of, c) => {
    const { image, shape, spacing } = subject(of);
    const sigma = triple(c.sigma.map((mm, d) => mm / spacing[d]!));
    smoothInPlace(image, shape, sigma);
    // At the borders SciPy mirrors the image, which TorchIO leaves so; we repeat the last voxel.
    const reach = sigma.map((s) => (s > 0 ? Math.floor(4 * s + 0.5) : 0));
    expect(largest(image, c.image, shape, triple(reach))).toBeLessThan(1e-5);
  });

  test.each(fixture.ghosts.map((c) => [`${c.of}, axis ${c.axis}`, c] as const))("ghosts, %s", (_name, c) => {
    const { image, shape } = subject(c.of);
    const shares = [ghostShares(shape[c.axis]!, c.every, c.loss, c.centre ?? 0)];
    const ghosts = acquired([image], shape, { axis: c.axis, shares, outside: 0 });
    expect(largest(ghosts, c.image, shape)).toBeLessThan(2e-5);
  });

  test.each(fixture.motion.map((c) => [c.times.join(" and "), c] as const))("motion at %s", (_name, c) => {
    const { shape } = subject(c.of);
    const heads = c.heads.map((head) => Float32Array.from(head));
    const shares = motionShares(shape[2], c.times);
    const moved = acquired(heads, shape, { axis: 2, shares, outside: 0 });
    expect(largest(moved, c.image, shape)).toBeLessThan(2e-5);
  });

  test.each(fixture.anisotropy.map((c) => [c.of, c] as const))("slices without thickness, %s", (of, c) => {
    const { image, shape } = subject(of);
    reslice(image, shape, c.axis, c.factor, (c.factor - 1) / 2 / c.factor);
    // Beyond the outermost slices TorchIO repeats them; we reach for the image's own ends.
    const far = [0, 1, 2].map((d) => (d === c.axis ? 2 : 0));
    expect(largest(image, c.image, shape, triple(far))).toBeLessThan(1e-5);
  });
});
