import { expect, it } from "vitest";
import type { Progress } from "../synthesis/index.ts";
import { paceOf } from "./pace.ts";

it("goes on after the network: a fifth of all steps follows it, none is taken back", () => {
  const seen: Progress[] = [];
  const pace = paceOf((progress) => seen.push(progress));
  for (let done = 1; done <= 8; done++) pace.network({ done, total: 8 });
  for (const share of [0.3, 0.8, 1]) pace.after(share);
  expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
  expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([10]));
});

it("says nothing where nobody listens", () => {
  const pace = paceOf(undefined);
  expect(() => pace.network({ done: 1, total: 1 })).not.toThrow();
  expect(() => pace.after(1)).not.toThrow();
});
