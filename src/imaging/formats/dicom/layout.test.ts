import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import type { Frame } from "./frame.ts";
import { layoutOf } from "./layout.ts";
import { stacksOf } from "./stacks.ts";

/** Slices at these heights, in any order of names. */
function slices(heights: readonly number[], thickness?: readonly (number | undefined)[], tilt = 0): Frame[] {
  const elements = { element: () => undefined, text: () => undefined };
  return heights.map(
    (z, n) =>
      ({
        file: { where: `${n}.dcm`, elements } as unknown as Frame["file"],
        index: 0,
        position: [0, tilt * z, z],
        row: [1, 0, 0],
        column: [0, 1, 0],
        size: [4, 4],
        spacing: [1, 1],
        thickness: thickness?.[n],
        slope: 1,
        intercept: 0,
        rescaleType: undefined,
        times: {},
        instance: Number.NaN,
        keys: {},
      }) satisfies Frame,
  );
}

const layout = async (
  heights: readonly number[],
  thickness?: readonly (number | undefined)[],
  tilt?: number,
) => layoutOf(stacksOf(slices(heights, thickness, tilt), "series").stacks[0]!, "series");
const evenly = (from: number, count: number, step: number) =>
  Array.from({ length: count }, (_, n) => from + n * step);

describe("layout of slices", () => {
  it("takes rounded positions for even ones", async () => {
    const found = await layout([0, 1.3, 2.5, 3.8, 5, 6.3]); // 1.25 mm, written with one decimal
    expect([found.irregular, found.step.toFixed(2)]).toEqual([[], "1.26"]);
  });

  it("calls a drift below a tenth of a pixel straight", async () => {
    expect((await layout(evenly(0, 10, 2), undefined, 0.005)).irregular).toEqual([]);
    expect((await layout(evenly(0, 10, 2), undefined, 0.1)).irregular).toEqual(["gantry tilt of 5.7°"]);
  });

  it("takes thick slices behind thin ones for what they are", async () => {
    const heights = [...evenly(0, 8, 3), ...evenly(27, 5, 6)];
    const thick = heights.map((z) => (z < 24 ? 3 : 6));
    for (const thickness of [thick, undefined])
      expect((await layout(heights, thickness)).irregular).toEqual(["uneven spacing of 3 to 6 mm"]);
  });

  it("finds missing slices: one, several, every other one of a part", async () => {
    for (const [heights, thickness, count] of [
      [[0, 2, 4, 8, 10], undefined, 1],
      [[0, 2, 4, 12, 14], undefined, 3],
      [[0, 2, 4, 6, 8, 10, 14, 18, 22], Array(9).fill(2), 3],
      [[0, 2, 4, 6, 30], Array(5).fill(2), 11],
    ] as const) {
      const error = await errorOf(layout(heights, thickness));
      expect(error.kind).toBe("invalid-file");
      const missing = [...error.message.matchAll(/(\d+) at \(/g)].reduce((sum, [, n]) => sum + Number(n), 0);
      expect(missing, error.message).toBe(count);
    }
  });

  it("takes a gap that is no multiple for uneven", async () => {
    expect((await layout([0, 2, 4, 7, 9])).irregular).toEqual(["uneven spacing of 2 to 3 mm"]);
  });

  it("gives a single slice its thickness", async () => {
    expect((await layout([5], [3])).step).toBe(3);
    expect((await layout([5])).step).toBe(1);
  });
});

describe("stacks of frames", () => {
  const keyed = (n: number, keys: Frame["keys"], z: number): Frame => ({
    ...slices([z])[0]!,
    keys,
    index: n,
  });

  it("are parted by two properties when one does not do", () => {
    const frames = [0, 1, 2, 3].flatMap((part) =>
      [0, 2, 4].map((z, n) =>
        keyed(
          3 * part + n,
          { "echo time": String(part & 1 ? 20 : 5), "image type": part & 2 ? "P" : "M" },
          z,
        ),
      ),
    );
    expect(stacksOf(frames, "series").stacks.map(({ label, heights }) => [label, heights])).toEqual(
      ["5, image type M", "5, image type P", "20, image type M", "20, image type P"].map((label) => [
        `echo time ${label}`,
        [0, 2, 4],
      ]),
    );
  });

  it("of thousands of frames look at each a few times only", async () => {
    let looks = 0;
    const counted = (frame: Frame) =>
      new Proxy(frame, {
        get(target, name) {
          looks++;
          return Reflect.get(target, name);
        },
      });
    const frames = Array.from({ length: 6000 }, (_, n) =>
      counted(keyed(n, { "time point": String(Math.floor(n / 30)), acquisition: String(n) }, n % 30)),
    );
    expect(stacksOf(frames, "series").stacks.length).toBe(200);
    expect(looks).toBeLessThan(50 * frames.length);
    looks = 0;
    const radial = Array.from({ length: 2000 }, (_, n) =>
      counted({
        ...keyed(n, {}, 0),
        row: [Math.cos(n / 10), Math.sin(n / 10), 0] as const,
        column: [0, 0, 1] as const,
      }),
    );
    const error = await errorOf((async () => stacksOf(radial, "series"))());
    expect(error.kind).toBe("unsupported");
    expect(looks).toBeLessThan(50 * radial.length);
  });
});
