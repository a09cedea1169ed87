/** `npm run verify:kill` in small. Needs `npm run build` first. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("./kill.mjs", import.meta.url));
const SMALL =
  "--subjects 1,1,1 --phantom-shape 32,32,16 --phantom-spacing 6,6,10 --base-filters 4 --epochs 5 --steps-per-epoch 2";

test("a training that is killed three times and whose disk is full twice ends as one that never was", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[SCRIPT, "--kills", "3", "--full", "2", "--seed", "1", "--"],
    ...SMALL.split(" "),
  ]);
  expect(stdout).toMatch(/then 3 kills .* and 2 full disks/);
  expect(stdout).toContain("The same: weights bit for bit, metadata, scores and pictures but for times.");
});
