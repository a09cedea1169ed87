import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { cpuTime } from "./cpu-time.ts";

it.skipIf(process.platform !== "linux")("counts what a process did that has ended", () => {
  const before = cpuTime();
  const own = process.cpuUsage();
  const work = "const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);";
  expect(spawnSync(process.execPath, ["-e", work]).status).toBe(0);
  const { user, system } = process.cpuUsage(own);
  expect(cpuTime() - before - (user + system) / 1000).toBeGreaterThanOrEqual(290); // it counts in steps of 10 ms
});
