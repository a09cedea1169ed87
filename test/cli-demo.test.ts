import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { demo } from "../src/host/cli/commands/demo.ts";
import { Output } from "../src/host/cli/io/output.ts";
import { readVolume } from "../src/host/node/index.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

it("demo walks the whole road and ends with one line of JSON", async () => {
  const out = await mkdtemp(join(tmpdir(), "midash-demo-"));
  folders.push(out);
  const written: string[] = [];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    await demo(
      { out, seed: "7" },
      { output: new Output({ json: false }), signal: new AbortController().signal },
      {
        subjects: { train: 2, validation: 1, test: 2 },
        grid: { shape: [32, 32, 16], spacing: [6, 6, 10] },
        modelOptions: { baseFilters: 4, levels: 2 },
        size: [32, 32],
        learningRate: 3e-3,
        epochs: 2,
        stepsPerEpoch: 3,
        batchSize: 4,
        flip: true,
      },
    );
  } finally {
    stdout.mockRestore();
  }
  const lines = written.join("").trimEnd().split("\n");
  const json = JSON.parse(lines.pop()!) as Record<string, unknown>;
  const number = expect.any(Number);
  expect(json).toMatchObject({
    simulated: true,
    test: {
      synthrad2023: { mae: number, psnr: number, ssim: number, voxels: number },
      slice2d: { ssim: number, psnr: number, mae: number },
    },
    baseline: { lookup: { mae: number } },
    seconds: number,
    epochs: 2,
    subjects: { train: 2, tested: ["phantom-003", "phantom-004"] },
  });
  const text = lines.join("\n");
  expect(text).toContain("0.9515");
  expect(text).toContain("32.10");
  expect(text).toContain("no like-for-like comparison");
  expect(text).toContain("not a medical device");
  expect((await readdir(out)).sort()).toEqual([
    "ct.nii.gz",
    "labels.nii.gz",
    "metrics.json",
    "model.safetensors",
    "montage.png",
    "mr.nii.gz",
    "report.html",
    "sct.nii.gz",
  ]);
  const sct = await readVolume(join(out, "sct.nii.gz"));
  expect([sct.unit, sct.simulated, sct.shape]).toEqual(["HU", true, [32, 32, 16]]);
  const metrics = JSON.parse(await readFile(join(out, "metrics.json"), "utf8")) as {
    density: { sct: { name: string }[] };
    cases: unknown[];
  };
  expect(metrics.density.sct.map((c) => c.name)).toEqual(["air", "fat", "soft", "bone"]);
  expect(metrics.cases).toHaveLength(2);
});
