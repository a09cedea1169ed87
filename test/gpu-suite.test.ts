/** `npm run bench -- gpu` as it is built, on SwiftShader: the road. Nothing here is a measurement. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { GpuResult } from "../bench/gpu/gpu-result.ts";

const MAIN = fileURLToPath(new URL("../.bench/dist/main.js", import.meta.url));
/** Where Debian's chromium has Vulkan's loader and SwiftShader. */
const folder = "/usr/lib/chromium";
const driver = join(folder, "vk_swiftshader_icd.json");
const missing = existsSync(driver) ? undefined : `no ${driver}; it comes with Debian's chromium`;

test.skipIf(missing)(
  `a convolution beside tfjs's, and why another engine has none${missing ? ` (skipped: ${missing})` : ""}`,
  {
    timeout: 600_000,
  },
  async () => {
    if (!existsSync(MAIN)) throw new Error(".bench/dist/main.js is absent: run `npm run build:bench` first");
    const root = await mkdtemp(join(tmpdir(), "midash-gpu-suite-"));
    const { MIDASH_PYTHON: _, ...environment } = process.env;
    const out = join(root, "kept", "gpu.json");
    await promisify(execFile)(
      process.execPath,
      [
        MAIN,
        "gpu",
        "--tiny",
        ...["--only", "conv3-16-16-16-forward"],
        ...["--engines", "midash,tfjs,torch-fp32"],
        ...["--out", out],
      ],
      { cwd: root, env: { ...environment, LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: driver } },
    );
    const result = JSON.parse(await readFile(out, "utf8")) as GpuResult;
    await rm(root, { recursive: true });
    expect(result).toMatchObject({ suite: "gpu", size: "tiny", adapter: { software: true } });
    const [ours, stock, torch] = result.rows;
    for (const { measured, missing } of [ours!, stock!]) {
      expect(missing).toBeUndefined();
      const { ms, gflops, share } = measured!;
      expect(ms.runs).toBeGreaterThan(0);
      expect(gflops).toBeCloseTo((2 * 9 * 16 * 16 * 16 * 16) / ms.median / 1e6, 9);
      expect(share).toBeCloseTo(gflops! / (1000 * result.adapter.measured.f32Tflops), 9);
    }
    expect(torch).toMatchObject({
      engine: "torch-fp32",
      missing: expect.stringMatching(/^no peer: run npm run bench:setup/),
    });
  },
);
