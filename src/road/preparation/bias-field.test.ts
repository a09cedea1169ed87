import { expect, test } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { Normalizer, Slicer } from "./index.ts";
import { planOf, prepareInputs, stepsOf } from "./preprocess.ts";

const n = 24;
const inside = (i: number) => Math.hypot((i % n) - 12, (Math.floor(i / n) % n) - 12) < 9;
const mr = new Volume({
  shape: [n, n, 12],
  data: Float32Array.from({ length: n * n * 12 }, (_, i) =>
    inside(i) ? (300 + (i % 7)) * Math.exp(0.5 * ((i % n) / n)) : 1,
  ),
  unit: "arbitrary",
});

test("a model's correction travels in its steps and comes before the fit, on the model's grid", async () => {
  const normalizer = Normalizer.percentile({ biasField: { shrink: 2 } });
  const steps = stepsOf({
    spacing: [1, 1, 1],
    inputs: [{ name: "mr", normalizer }],
    target: Normalizer.window({ min: -1000, max: 3000 }),
    slicer: Slicer.slices(),
  });
  const plan = planOf(JSON.parse(JSON.stringify(steps)));
  expect(plan.inputs[0]!.normalizer.biasField).toEqual(normalizer.biasField);
  const { channels, fill } = await prepareInputs({ mr }, plan);
  expect(channels[0]!.data).toEqual(normalizer.apply(mr).data);
  expect(fill).toEqual([0]);
  const plain = { ...plan, inputs: [{ name: "mr", normalizer: Normalizer.percentile() }] };
  expect((await prepareInputs({ mr }, plain)).channels[0]!.data).not.toEqual(channels[0]!.data);
  await expect(prepareInputs({ mr }, plan, { signal: AbortSignal.abort() })).rejects.toThrow(/cancelled/);
});
