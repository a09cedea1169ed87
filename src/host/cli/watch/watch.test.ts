import { describe, expect, test } from "vitest";
import type { EpochRecord } from "../../../road/training/index.ts";
import { tableOf } from "../../runs/index.ts";
import { clock, Pace, secondsLeft } from "./pace.ts";
import { StepCurve } from "./step-curve.ts";

describe("Pace", () => {
  test("is that of the last steps, and stays known over a pause", () => {
    const pace = new Pace();
    expect(pace.samplesPerSecond).toBeUndefined();
    for (let n = 0; n < 100; n++) pace.add(8, n < 50 ? 1000 * n : 50_000 + 100 * (n - 50));
    expect(pace.secondsPerStep).toBeCloseTo(0.1, 9);
    expect(pace.samplesPerSecond).toBeCloseTo(80, 6);
    pace.pause();
    expect(pace.secondsPerStep).toBeUndefined();
    expect(pace.samplesPerSecond).toBeCloseTo(80, 6);
  });

  test("time left counts what is left of this epoch, and whole epochs with their validation", () => {
    const where = { epoch: 1, epochs: 4, batches: 5, stepsPerEpoch: 10, secondsPerStep: 2 };
    expect(secondsLeft({ ...where, seconds: [] })).toBe(20 * 2.5);
    expect(secondsLeft({ ...where, seconds: [30, 34] })).toBe(32 * 2.5);
    expect(secondsLeft({ ...where, seconds: [], stepsPerEpoch: undefined })).toBeUndefined();
    expect([clock(5), clock(65), clock(3725)]).toEqual(["0:05", "1:05", "1:02:05"]);
  });
});

test("StepCurve keeps the mean of all steps, in order, in few points", () => {
  const curve = new StepCurve();
  for (let step = 1; step <= 10_000; step++) curve.add(step, step / 1000);
  const { points } = curve;
  expect(points.length).toBeLessThanOrEqual(400);
  expect(points.length).toBeGreaterThan(150);
  for (const [n, [step, loss]] of points.entries()) {
    expect(loss).toBeCloseTo(step / 1000, 2);
    if (n > 0) expect(step).toBeGreaterThan(points[n - 1]![0]);
  }
  expect(points[0]![0]).toBeLessThan(100);
  expect(points.at(-1)![0]).toBeGreaterThan(9900);
});

test("the table has a column a loss, and validation under its name and unit", () => {
  const record = { loss: 0.5, learningRate: 1e-4, seconds: 2 };
  const history: EpochRecord[] = [
    { ...record, epoch: 1, losses: { loss: 0.5 }, validation: null },
    {
      ...record,
      epoch: 2,
      losses: { loss: 0.5, 'a,"b"': 2 },
      validation: { name: "MAE", unit: "HU", value: 61.25 },
    },
  ];
  expect(tableOf(history)).toBe(
    'epoch,loss,"a,""b""",validation_mae_hu,learning_rate,seconds\n1,0.5,,,0.0001,2\n2,0.5,2,61.25,0.0001,2\n',
  );
});
