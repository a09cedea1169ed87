// The whole test suite on other versions of Node, each fetched as the npm package `node` into npm's cache. The packed
// package is tested by the same Node, too: its test starts whatever `node` runs it. One line a version; exits 1 on failure.
//
//   npm run test:nodes                      every test, on Node 22 and 24
//   npm run test:nodes -- --only 24         on one of them
//   npm run test:nodes -- --short           as .ci/run does: what meets Node itself
//   npm run test:nodes -- test/package.test.ts src/formats       only these files or folders
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countsOf } from "./support/counts.mjs";

/** What meets Node itself: files, streams, threads, processes, zlib, the package as it is installed, WebAssembly. */
const MEETS_NODE = [
  "src/base",
  "src/host",
  "src/imaging/formats",
  "src/networks/backends",
  "test/cli.test.ts",
  "test/cli-streams.test.ts",
  "test/package.test.ts",
  "test/sample-threads.test.ts",
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", multiple: true, default: ["22", "24"] },
    short: { type: "boolean", default: false },
  },
});

/** Runs `node ...arguments_` in Node `version`; gives the exit code and all that it wrote. */
function inNode(version, arguments_) {
  const npx = ["--yes", "--prefer-offline", "--loglevel=error", "--package", `node@${version}`, "--", "node"];
  return new Promise((resolve, reject) => {
    // The package `node` fetches its binary by an install script; .npmrc turns those off for this project.
    const env = { ...process.env, npm_config_ignore_scripts: "false" };
    const child = spawn("npx", [...npx, ...arguments_], { stdio: ["ignore", "pipe", "pipe"], env });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (text += piece));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}

/** One version's line; true when all tests passed. */
async function testIn(version, folder) {
  const { code: started, text: found } = await inNode(version, ["--print", "process.version"]);
  if (started !== 0 || !found.includes(`v${version}.`)) {
    console.log(`Node ${version}: not found by npx: ${found.trim()}`);
    return false;
  }
  const report = join(folder, `${version}.json`);
  const start = performance.now();
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code, text } = await inNode(version, [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...reporters,
    ...(values.short ? MEETS_NODE : []),
    ...positionals,
  ]);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  let counts;
  try {
    counts = countsOf(report);
  } catch {
    console.log(`Node ${found.trim()}: the tests gave no report\n${text}`);
    return false;
  }
  const { passed, failed, skipped, failures } = counts;
  const ok = code === 0 && failed === 0 && passed > 0;
  console.log(`Node ${found.trim()}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`);
  if (failed > 0) console.log(failures.join("\n\n"));
  else if (!ok) console.log(text); // it failed outside its tests
  return ok;
}

const folder = await mkdtemp(join(tmpdir(), "midash-nodes-"));
try {
  for (const version of values.only) if (!(await testIn(version, folder))) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
