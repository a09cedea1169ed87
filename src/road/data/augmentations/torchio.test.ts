import { describe, expect, test } from "vitest";
import fixture from "../../../../test/fixtures/augmentations/augmentations.json" with { type: "json" };
import type { Triple } from "../../../imaging/volume/index.ts";
import { affineMove } from "./affine.ts";
import { extremes } from "./change-inputs.ts";
import type { Move } from "./geometry/move.ts";
import { moved } from "./geometry/moved.ts";
import { mapThrough } from "./histogram.ts";
import type { Sample } from "./sample.ts";

type Given = (typeof fixture.given)["solid"];
const given = (of: string): Given => fixture.given[of as keyof typeof fixture.given];
const triple = (n: readonly number[]) => n as unknown as Triple;

/** TorchIO's subject as a sample: its image as input and as CT, its labels, and a mask. */
function sampleOf(of: string, outside: number): Sample {
  const { shape, spacing, image, labels } = given(of);
  const flat = shape[2] === 1;
  const pixels = flat ? [shape[1]!, shape[0]!] : [...shape].reverse();
  const batch = (data: readonly number[]) => ({ data: Float32Array.from(data), shape: [1, ...pixels, 1] });
  return {
    input: batch(image),
    targets: {
      ct: { ...batch(image), kind: "ct", outside, mask: Float32Array.from(labels) },
      tissue: { ...batch(labels), kind: "labels", outside: 0 },
    },
    axes: flat ? ["y", "x"] : ["z", "y", "x"],
    spacing: flat ? [spacing[1]!, spacing[0]!] : [...spacing].reverse(),
    inputs: [{ name: "mr", outside }],
  };
}

/** A move of the fixture: each kind has some of these. */
interface Made {
  readonly kind: string;
  readonly scale?: readonly number[];
  readonly degrees?: readonly number[];
  readonly translation?: readonly number[];
  readonly points?: readonly number[];
  readonly shifts?: readonly (readonly number[])[];
  readonly axis?: number;
}

function moveOf(made: Made, axes: Sample["axes"]): Move {
  if (made.kind === "affine") {
    const { scale, degrees, translation } = made;
    return affineMove(axes, {
      scale: triple(scale!),
      degrees: triple(degrees!),
      translation: triple(translation!),
    });
  }
  if (made.kind === "flip") return { kind: "flip", axis: made.axis as 0 | 1 | 2 };
  const [depth, height, width] = made.shifts!.map((shift) => Float64Array.from(shift));
  return { kind: "elastic", points: triple(made.points!), shifts: [depth!, height!, width!] };
}

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
}

describe("geometry as TorchIO's with the same parameters", () => {
  test.each(fixture.geometry.map((c) => [c.name, c] as const))("%s", (_name, c) => {
    const sample = sampleOf(c.of, "outside" in c ? c.outside! : fixture.pad);
    const { input, targets } = moved(
      sample,
      c.moves.map((move: Made) => moveOf(move, sample.axes)),
    );
    expect(largest(input.data, c.image)).toBeLessThan(1e-4);
    expect(targets.ct!.data).toEqual(input.data);
    expect([...targets.tissue!.data]).toEqual(c.labels);
    expect([...targets.ct!.mask!]).toEqual(c.labels);
  });
});

test.each(fixture.histogram.map((c) => [c.of, c] as const))("histogram shift as MONAI's, %s", (of, c) => {
  const image = Float32Array.from(given(of).image);
  mapThrough(image, Float64Array.from(c.to), extremes([image]));
  expect(largest(image, c.image)).toBeLessThan(1e-5);
});
