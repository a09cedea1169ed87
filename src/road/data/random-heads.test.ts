import { expect, it } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { volumeRef } from "./case.ts";
import { randomHeadsDataset } from "./random-heads.ts";

const N = 24;

/** A ball of white matter in bone, 8 mm voxels. */
function ball(): Volume {
  const data = new Int16Array(N ** 3);
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % N, Math.floor(n / N) % N, Math.floor(n / N / N)];
    const r = Math.hypot(i - 12, j - 12, k - 12);
    data[n] = r < 7 ? 2 : r < 9 ? 515 : 0;
  }
  return new Volume({ shape: [N, N, N], data, affine: [8, 0, 0, 0, 0, 8, 0, 0, 0, 0, 8, 0, 0, 0, 0, 1] });
}

const maps = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, volumeRef(ball())]));
const options = {
  split: { validation: ["b"], test: ["d"] },
  shape: [24, 24, 24],
  spacing: [8, 8, 8],
} as const;

it("makes other heads of a map in each pass, the same for the same pass, and keeps validation as it is", async () => {
  const { train, validation, test, simulated } = randomHeadsDataset(maps, options);
  expect(simulated).toBe(true);
  expect([train, validation, test].map((part) => part.map(({ id }) => id))).toEqual([
    ["a", "c"],
    ["b"],
    ["d"],
  ]);
  expect(validation[0]!.variant).toBeUndefined();
  const mr = async (key: string) => (await train[0]!.variant!(key).inputs.mr!.load()).data;
  const first = await mr("batches/0");
  expect(await mr("batches/1")).not.toEqual(first);
  expect(await mr("batches/0")).toEqual(first);
  const held = await validation[0]!.targets!.ct!.load();
  await train[0]!.inputs.mr!.load();
  expect((await validation[0]!.targets!.ct!.load()).data).toEqual(held.data);
});

it("refuses names of no map, and a map in two parts", () => {
  expect(() => randomHeadsDataset(maps, { split: { test: ["e"] } })).toThrow('names "e", which is no case');
  expect(() => randomHeadsDataset(maps, { split: { test: ["a"], validation: ["a"] } })).toThrow(
    '"a" is in two parts',
  );
});
