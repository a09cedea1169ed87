import { expect, test } from "vitest";
import { correctBias, Volume } from "../../../imaging/volume/index.ts";
import { biasField, forwardSteps, Normalizer, normalise, type Step, subjectOf } from "../index.ts";
import { biasFieldType } from "./bias-field.ts";

const n = 24;
const inside = (i: number) => Math.hypot((i % n) - 12, (Math.floor(i / n) % n) - 12) < 9;
const mr = new Volume({
  shape: [n, n, 12],
  data: Float32Array.from({ length: n * n * 12 }, (_, i) =>
    inside(i) ? (300 + (i % 7)) * Math.exp(0.5 * ((i % n) / n)) : 1,
  ),
  unit: "arbitrary",
});
const specs = [{ name: "t1" }, { name: "t2" }];
const run = async (...steps: readonly Step[]) =>
  (await forwardSteps(steps, subjectOf({ t1: mr, t2: mr }, specs))).subject.inputs;
const spread = (volume: Volume) => {
  const values = [...volume.values()].filter((_, i) => inside(i));
  return Math.max(...values) - Math.min(...values);
};

test("divides the inputs that are named by their fields, and leaves what was given", async () => {
  const before = Float32Array.from(mr.data);
  const { t1, t2 } = await run(biasField({ inputs: ["t1"], shrink: 2 }));
  expect(t1!.volume.data).toEqual((await correctBias(mr, { shrink: 2 })).data);
  expect(t2!.volume).toBe(mr);
  expect(mr.data).toEqual(before);
  expect([t1!.own, t2!.own]).toEqual([true, undefined]);
});

test("the order counts: before normalising the field is gone, after it zeros stay out of the estimate", async () => {
  const level = normalise({ inputs: { t1: Normalizer.minmax(), t2: Normalizer.minmax() }, targets: {} });
  const [plain, first, last] = [
    await run(level),
    await run(biasField({ shrink: 2 }), level),
    await run(level, biasField({ shrink: 2 })),
  ];
  expect(spread(plain.t1!.volume)).toBeGreaterThan(0.28);
  expect(spread(first.t1!.volume)).toBeLessThan(0.12);
  expect(last.t1!.volume.data).not.toEqual(first.t1!.volume.data);
});

test("travels as JSON with every number, checked", () => {
  const step = biasFieldType.parse(biasField({ inputs: ["t1"], shrink: 2 }).toJSON());
  expect(step.toJSON()).toMatchObject({
    type: "biasField",
    inputs: ["t1"],
    shrink: 2,
    iterations: 50,
    fwhm: 0.15,
  });
  expect(biasField().toJSON()).not.toHaveProperty("inputs");
  expect(() => biasField({ shrink: 0 })).toThrow(/shrink must be a whole number/);
  expect(() => biasFieldType.parse({ type: "biasField", levels: 3 })).toThrow(/no option "levels"/);
  expect(() => biasFieldType.parse({ type: "biasField", inputs: "t1" })).toThrow(
    /inputs must be a list of names/,
  );
});

test("a signal is heeded", async () => {
  const subject = subjectOf({ t1: mr }, [{ name: "t1" }]);
  await expect(biasField().forward(subject, { signal: AbortSignal.abort() })).rejects.toThrow(/cancelled/);
});
