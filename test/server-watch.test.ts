/** The watched folder of examples/server: DICOM in and out, files, and what is none. Needs `npm run build`. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readVolume } from "../src/host/node/index.ts";
import { encodeVolume, phantomSubject } from "../src/index.ts";
import { madeHeadSeries } from "./support/made-head-series.ts";
import { tinyModelFile } from "./support/processed.ts";
import { buildServer, newToken, type RunningServer, startServer } from "./support/server.ts";
import { type Started, started } from "./support/started.ts";

let root = "";
let server: RunningServer | undefined;
let watcher: Started | undefined;
const at = (...parts: readonly string[]) => join(root, ...parts);

beforeAll(async () => {
  root = await buildServer();
  await tinyModelFile(root);
});
afterAll(async () => {
  watcher?.child.kill("SIGKILL");
  server?.child.kill("SIGKILL");
  await rm(root, { recursive: true, force: true });
});

it("makes synthetic CTs of what comes into a folder, DICOM for DICOM, each once, and says why it can't", async () => {
  const env = { ...process.env, MIDASH_WATCH: at("in"), MIDASH_WATCH_SECONDS: "0.5" };
  const token = await newToken(root, "watch");
  server = await startServer(root, { MIDASH_MODEL: "own.safetensors" });
  const more = { MIDASH_TOKEN: token, MIDASH_SERVER: `http://127.0.0.1:${server.port}` };
  await mkdir(at("in"));
  await mkdir(at("Miller"));
  const watch = () => started(["out/watch.js"], /watching/, { cwd: root, env: { ...env, ...more } });
  watcher = await watch();

  const { t1: mr } = (await phantomSubject({ seed: 1, shape: [24, 28, 20], spacing: [8, 8, 8] })).inputs;
  for (const { name, bytes } of madeHeadSeries(mr!)) await writeFile(at("Miller", name), bytes);
  await rename(at("Miller"), at("in/Miller")); // as a slow machine may rest longer between two files than is waited here
  await writeFile(at("in/one.nii.gz"), await encodeVolume(mr!, { format: "nifti", gzip: true }));
  await writeFile(at("in/letter.pdf"), "Dear colleague");
  const out = async () => (await readdir(at("in-out")).catch(() => [])).sort();
  await expect
    .poll(out, { timeout: 500_000, interval: 100 })
    .toEqual(["Miller", "letter.pdf.failed.txt", "one.nii.gz"]);
  expect(await readFile(at("in-out/letter.pdf.failed.txt"), "utf8")).toMatch(/format/);
  const sct = await readVolume(at("in-out/Miller/sct.nii.gz"));
  const series = await readVolume(at("in-out/Miller/dicom"));
  expect(series.unit).toBe("HU");
  expect(series.shape).toEqual(sct.shape);
  const [stored, made] = [series.values(), sct.values()];
  expect(
    stored.reduce((most, value, n) => Math.max(most, Math.abs(value - made[n]!)), 0),
  ).toBeLessThanOrEqual(0.5);
  expect((await readdir(at("in-out/one.nii.gz"))).sort()).toEqual(["record.json", "sct.nii.gz", "stamp"]);

  // Begun again it does nothing again, and leaves nothing on the server.
  watcher.child.kill("SIGTERM");
  expect(await watcher.ended).toBe(0);
  watcher = await watch();
  await sleep(2500);
  expect(watcher.said()).not.toContain("entry");
  expect(await readdir(at("data/jobs"))).toEqual([]);
  expect(watcher.said() + server.said()).not.toMatch(/Miller|letter|\.nii/);
});
