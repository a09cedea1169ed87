import fc from "fast-check";
import { expect, test } from "vitest";
import {
  affineFromSpacing,
  orientationOf,
  reorient,
  type Triple,
  Volume,
} from "../../../imaging/volume/index.ts";
import { backwardSteps, forwardSteps, orient, type Subject } from "../index.ts";
import { orientType } from "./orient.ts";

const codes = fc
  .tuple(
    fc.shuffledSubarray(["RL", "AP", "SI"], { minLength: 3, maxLength: 3 }),
    fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
  )
  .map(([axes, ends]) => axes.map((axis, d) => axis[ends[d]!]).join(""));
const shapes = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 5 }))) as fc.Arbitrary<
  [number, number, number]
>;
const spacings = fc.tuple(
  ...[0, 1, 2].map(() => fc.double({ min: 0.3, max: 4, noNaN: true })),
) as fc.Arbitrary<[number, number, number]>;

function numbered(shape: Triple, spacing: Triple, to: string): Volume {
  const data = Int16Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i);
  return reorient(
    new Volume({ shape, data, affine: affineFromSpacing(spacing, [3, -4, 5]), unit: "HU" }),
    to,
  );
}

test("to RAS and back is the identity, to the last bit, in any orientation", async () => {
  await fc.assert(
    fc.asyncProperty(codes, shapes, spacings, async (to, shape, spacing) => {
      const volume = numbered(shape, spacing, to);
      const subject: Subject = {
        grid: volume,
        inputs: { mr: { volume, outside: 0 } },
        targets: { ct: { kind: "ct", volume, outside: -1000 } },
        masks: { learnt: volume },
      };
      const { subject: ras, grids } = await forwardSteps([orient()], subject);
      const all = [ras.inputs.mr!.volume, ras.targets.ct!.volume, ras.masks.learnt!];
      for (const moved of all) {
        expect(orientationOf(moved.affine)).toBe("RAS");
        expect([moved.shape, moved.affine]).toEqual([ras.grid.shape, ras.grid.affine]);
        expect(moved.data).toEqual(reorient(volume, "RAS").data);
      }
      const { ct } = await backwardSteps([orient()], { ct: { kind: "ct", volume: all[0]! } }, grids);
      const { volume: back } = ct as { readonly volume: Volume };
      expect([back.shape, back.affine, back.data]).toEqual([volume.shape, volume.affine, volume.data]);
    }),
  );
});

test("its own are only values that it moved", async () => {
  const own = async (to: string) => {
    const volume = numbered([3, 4, 5], [1, 1, 1], to);
    const subject = { grid: volume, inputs: { mr: { volume, outside: 0 } }, targets: {}, masks: {} };
    return (await orient().forward(subject, {})).inputs.mr!.own;
  };
  expect([await own("RAS"), await own("LPS")]).toEqual([false, true]);
});

test("reads what it writes, and nothing else", () => {
  expect(orientType.parse(orient().toJSON()).toJSON()).toEqual({ type: "orient", to: "RAS" });
  expect(() => orientType.parse({ type: "orient", to: "LPS" })).toThrow("models run on RAS grids only");
  expect(() => orientType.parse({ type: "orient", to: "RAS", maxObliquity: 3 })).toThrow(
    'orient: there is no option "maxObliquity"',
  );
});
