import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/training/steps.json" with { type: "json" };
import type { Schedule } from "./schedule.ts";
import { schedules } from "./schedules.ts";

type Named = string | { readonly name: string };
interface ScheduleCase {
  readonly name: string;
  readonly options: { readonly into?: Named };
  readonly rates: readonly number[];
}
const { epochs, perEpoch, plateaus } = fixture.schedules;
const cases = fixture.schedules.cases as readonly ScheduleCase[];
const factories = schedules as unknown as Readonly<Record<string, (options?: object) => Schedule>>;

function made(name: string, { into, ...options }: { readonly into?: Named } = {}): Schedule {
  if (into === undefined) return factories[name]!(options);
  const { name: inner, ...own } = typeof into === "string" ? { name: into } : into;
  return factories[name]!({ ...options, into: made(inner, own) });
}

describe("against PyTorch's schedulers", () => {
  test.each(cases.map((c) => [`${c.name} ${JSON.stringify(c.options)}`, c] as const))("%s", (_title, c) => {
    const schedule = made(c.name, c.options);
    for (const [step, wanted] of c.rates.entries()) {
      const now = { epoch: step / perEpoch, epochs, step, results: [], better: "lower" } as const;
      expect(Math.abs(schedule.rate(now) - wanted)).toBeLessThan(1e-9);
    }
  });

  test.each(plateaus.map((c) => [JSON.stringify(c.options), c] as const))("plateau %s", (_title, c) => {
    const schedule = schedules.plateau(c.options);
    for (const [epoch, wanted] of c.rates.entries()) {
      const results = c.results.slice(0, epoch);
      const now = { epoch, epochs, step: epoch * perEpoch, results, better: c.better as "lower" };
      expect(schedule.rate(now)).toBeCloseTo(wanted, 12);
    }
  });
});

test("a result below 0 is better by a share of its size, too", () => {
  const schedule = schedules.plateau({ patience: 0, threshold: 0.1 });
  const rate = (results: readonly number[], better: "lower" | "higher") =>
    schedule.rate({ epoch: results.length, epochs: 9, step: 0, results, better });
  expect(rate([-10, -10.5], "lower")).toBe(0.5);
  expect(rate([-10, -12], "lower")).toBe(1);
  expect(rate([-10, -9.5], "higher")).toBe(0.5);
  expect(rate([-10, -8], "higher")).toBe(1);
  expect(rate([Number.NaN, Number.NaN], "lower")).toBe(0.5);
});

test("impossible options are refused by name", () => {
  expect(() => schedules.poly({ power: 0 })).toThrow("schedules.poly: power must be positive, got 0");
  expect(() => schedules.step({ every: 0 })).toThrow(
    "schedules.step: every is a whole number from 1 on, got 0",
  );
  expect(() => schedules.step({ factor: 1 })).toThrow("schedules.step: factor lies between 0 and 1, got 1");
  expect(() => schedules.plateau({ patience: 1.5 })).toThrow("schedules.plateau: patience is a whole number");
  expect(() => schedules.warmup({ steps: 0 })).toThrow("schedules.warmup: steps is a whole number from 1 on");
  expect(() => schedules.warmup({ into: "cosine" as never })).toThrow(
    "schedules.warmup: into must be a Schedule",
  );
});
