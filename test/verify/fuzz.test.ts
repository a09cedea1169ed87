// The bar of `npm run verify:fuzz`, reduced: 300 damaged files a format instead of 20,000.
import { expect, test } from "vitest";
import { fuzz } from "./fuzz/run.ts";
import { SUBJECTS } from "./fuzz/subjects.ts";

const COUNT = 300;

test.each(SUBJECTS.map(({ name }) => name))("%s: damaged files are read or refused", async (name) => {
  const { outcomes, failures } = await fuzz(name, { seed: 7, count: COUNT });
  expect(failures).toEqual([]);
  expect(Object.values(outcomes).reduce((sum, n) => sum + n, 0)).toBe(COUNT);
  // Damage that is always seen at once would reach nothing.
  expect(outcomes.ok).toBeGreaterThan(COUNT / 50);
});

test("a reader with every fault is found out", async () => {
  const { outcomes, failures } = await fuzz("broken", { seed: 117, count: 6 });
  expect(outcomes.ok).toBeGreaterThan(0);
  const told = failures.map(({ what, detail }) => `${what}: ${detail.split("\n")[0]!.replace(/\d+/g, "N")}`);
  expect([...new Set(told)].sort()).toEqual([
    "crash: the process ended with N: ",
    "hang: no answer after N ms of CPU",
    "over limit: N bytes at once, N in all, N grown",
    "untagged: TypeError: not tagged",
  ]);
});
