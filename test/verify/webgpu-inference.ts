/**
 * Every network of ours on the engine of whole networks (Node, SwiftShader) against cpu, in two shapes: the largest difference as a share of the largest value. Minutes, as a processor that plays the card compiles
 * shaders slowly. `npm run verify:webgpu-inference`.
 */
import { spawnSync } from "node:child_process";
import { NO_SWIFTSHADER, swiftshader } from "../support/swiftshader.ts";

const BAR = 1e-5;

if (!swiftshader) throw new Error(NO_SWIFTSHADER);
const { stdout, status } = spawnSync(
  process.execPath,
  ["node_modules/jiti/lib/jiti-cli.mjs", "test/fixtures/webgpu/inference.ts", "models"],
  { env: { ...process.env, ...swiftshader }, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
);
if (status !== 0) throw new Error(`the run ended with ${status}`);
const found = JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<string, readonly number[]>;
for (const [title, distances] of Object.entries(found))
  console.log(`${distances.map((d) => d.toExponential(1)).join(" ")}  ${title}`);
const worst = Math.max(...Object.values(found).flat());
if (!(worst < BAR)) throw new Error(`the worst is ${worst}, the bar ${BAR}`);
console.log(`${Object.keys(found).length} networks, the worst ${worst.toExponential(1)}`);
