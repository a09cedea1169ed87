import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("examples/own-network.mjs trains, synthesises and says that its data is simulated", () => {
  const path = fileURLToPath(new URL("../examples/own-network.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const errors = [...stdout.matchAll(/validation MAE (\d+) HU/g)].map((match) => Number(match[1]));
  expect(errors.length).toBe(5);
  expect(errors[4]).toBeLessThan(errors[0]!);
  expect(stdout).toContain("48×56×40 voxels (simulated: true)");
});
