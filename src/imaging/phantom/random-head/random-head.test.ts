import { describe, expect, it } from "vitest";
import { Volume } from "../../volume/index.ts";
import { HEAD_CLASSES, headMap, randomHead } from "./index.ts";

const N = 96;
const at = (i: number, j: number, k: number) => i + N * (j + N * k);

/** Shells about the middle of a volume of 2 mm: white matter, grey, fluid, bone, soft tissue, skin; a hollow in the bone, and a hole from outside. */
function ball(): Volume {
  const data = new Int16Array(N ** 3);
  for (let k = 0; k < N; k++)
    for (let j = 0; j < N; j++)
      for (let i = 0; i < N; i++) {
        const mm = 2 * Math.hypot(i - 48, j - 48, k - 48);
        const label =
          mm < 40 ? 2 : mm < 50 ? 3 : mm < 54 ? 24 : mm < 62 ? 515 : mm < 76 ? 507 : mm < 80 ? 511 : 0;
        const hollow = Math.hypot(i - 48, j - 77, k - 48) < 1.5;
        data[at(i, j, k)] = hollow ? 0 : label;
      }
  return new Volume({
    shape: [N, N, N],
    data,
    affine: [2, 0, 0, -96, 0, 2, 0, -96, 0, 0, 2, -96, 0, 0, 0, 1],
  });
}

const GRID = { shape: [64, 64, 64], spacing: [3, 3, 3] } as const;
const head = (seed: string) => randomHead(headMap(ball()), { seed, ...GRID });

describe("headMap", () => {
  it("is little larger than the head, and tells what air it encloses from the outside", () => {
    const map = headMap(ball());
    expect(map.shape).toEqual([87, 87, 87]); // 79 voxels and 4 of air on each side
    const count = (code: number) => [...map.data].filter((value) => value === code).length;
    expect(count(1)).toBeGreaterThan(8);
    expect(count(1)).toBeLessThan(30);
    expect(map.data[0]).toBe(0);
  });

  it("refuses labels that are not of a head, and a volume without one", () => {
    const wrong = ball();
    wrong.data[at(48, 48, 48)] = 999;
    expect(() => headMap(wrong, "a.nii")).toThrow("a.nii: label 999 is not a label of a head");
    const empty = new Volume({ shape: [4, 4, 4], data: new Uint8Array(64) });
    expect(() => headMap(empty, "a.nii")).toThrow("a.nii: there is nothing but label 0");
  });
});

describe("randomHead", () => {
  it("gives the same bits for a seed, and another head and sequence for another", async () => {
    const [one, again, other] = [await head("a"), await head("a"), await head("b")];
    expect(again).toEqual(one);
    expect(other.mr.data).not.toEqual(one.mr.data);
    expect(other.classes.data).not.toEqual(one.classes.data);
  });

  it("has the CT of its classes, and says that it is simulated", async () => {
    for (const seed of ["a", "b", "c", "d", "e"]) {
      const { mr, ct, classes, covered } = await head(seed);
      expect([mr, ct, classes, covered].map(({ simulated, shape }) => [simulated, shape])).toEqual(
        Array(4).fill([true, GRID.shape]),
      );
      expect([mr.unit, ct.unit]).toEqual(["arbitrary", "HU"]);
      expect(mr.data.every((value, n) => (covered.data[n] ? Number.isFinite(value) : value === 0))).toBe(
        true,
      );
      const median = (name: (typeof HEAD_CLASSES)[number]) => {
        const values = ct.data.filter((_, n) => classes.data[n] === HEAD_CLASSES.indexOf(name)).sort();
        return values.length > 50 ? values[values.length >> 1]! : undefined;
      };
      expect(median("background")).toBeLessThan(-990);
      expect(median("white")).toBeGreaterThan(10);
      expect(median("white")).toBeLessThan(60);
      const bone = median("cortical");
      if (bone !== undefined) expect(bone).toBeGreaterThan(500); // a few heads are stripped
    }
  });
});
