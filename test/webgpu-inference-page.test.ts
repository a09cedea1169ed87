/** A page that only makes synthetic CTs on a graphics card: what it loads, and what it gives, in headless Chromium with SwiftShader, a processor that plays the card. Needs `npm run build`. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeModel, encodeModel, encodeVolume, Synthesizer, UNet, Volume } from "../src/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { unetBundle } from "./support/onnx-models.ts";
import { root } from "./support/pack.ts";
import { BUNDLERS, pageProject, removeProject, type Served, serve } from "./support/page-bundles.ts";

/** Of all scripts, gzipped, by the first synthetic CT. */
const MOST = 150_000;

const browser = browserPath();

describe.skipIf(!browser)(
  `synthesis on a card in a page${browser ? "" : ` (skipped: ${NO_BROWSER})`}`,
  () => {
    let folder: string;
    let served: Served;
    let chromium: Browser;
    let page: Page;
    let model: Uint8Array;
    let mr: Volume;
    const asked: string[] = [];
    const errors: string[] = [];

    beforeAll(async () => {
      folder = await pageProject(join(root, "test/fixtures/webgpu/inference-page"));
      model = encodeModel(await unetBundle(UNet({ baseFilters: 4, levels: 2 })), { precision: "f16" });
      await writeFile(join(folder, "model.safetensors"), model);
      const data = Int16Array.from({ length: 16 * 12 * 6 }, (_, i) => (i * i * 37) % 1009);
      mr = new Volume({ shape: [16, 12, 6], data, simulated: true });
      await writeFile(join(folder, "mr.nii.gz"), await encodeVolume(mr, { format: "nifti", gzip: true }));
      await BUNDLERS.vite!(folder);
      served = await serve(folder, asked);
      chromium = await launchBrowser({
        args: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"],
      });
      page = await chromium.newPage();
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(`${served.origin}/vite/index.html`);
      await page.waitForFunction(() => "page" in globalThis);
    });

    afterAll(async () => {
      await chromium?.close();
      served?.close();
      if (folder) await removeProject(folder);
    });

    interface InPage {
      supports(): Promise<unknown>;
      synthesize(): Promise<{ backend: string; unit: string; hu: number[]; seconds: number[] }>;
    }

    test("gives wasm's synthetic CT, without tfjs, by scripts of 150 kB", { timeout: 600_000 }, async () => {
      expect(await page.evaluate(() => (globalThis as unknown as { page: InPage }).page.supports())).toBe(
        true,
      );
      const made = await page.evaluate(() => (globalThis as unknown as { page: InPage }).page.synthesize());
      expect([made.backend, made.unit]).toEqual(["webgpu-inference", "HU"]);
      const synthesizer = new Synthesizer(decodeModel(model), { backend: wasm() });
      const { sct } = await synthesizer.run(mr);
      synthesizer.dispose();
      expect(new Set(made.hu).size).toBeGreaterThan(100); // no flat image, in which anything would agree
      expect(Math.max(...made.hu.map((hu, n) => Math.abs(hu - sct.data[n]!)))).toBeLessThan(0.1);

      const scripts = [...new Set(asked.map((path) => path.replace(/\?.*/, "")))].filter((path) =>
        path.endsWith(".js"),
      );
      const texts = await Promise.all(scripts.map((path) => readFile(join(folder, path), "utf8")));
      const bytes = texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
      console.log(
        `synthesis on a card: ${scripts.length} scripts, ${bytes} bytes; first result ${made.seconds[0]!.toFixed(2)} s, second ${made.seconds[1]!.toFixed(2)} s`,
      );
      expect(texts.join("")).toContain("webgpu-inference");
      expect(texts.filter((text) => text.includes("tfjsflags"))).toEqual([]); // which tfjs-core reads from the page's address
      expect(bytes).toBeGreaterThan(40_000);
      expect(bytes).toBeLessThanOrEqual(MOST);
      expect(errors).toEqual([]);
    });
  },
);
