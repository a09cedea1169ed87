/** WebGL without a graphics card: Chromium's SwiftShader draws on the processor. Right, and slow: it compiles a shader for each shape. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BackendReport, TestBackendOptions } from "../src/host/testing/index.ts";
import { webgl } from "../src/networks/backends/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { root } from "./support/pack.ts";
import { type Served, serve } from "./support/page-bundles.ts";

interface PageOfFixture {
  supports(): Promise<true | { readonly reason: string }>;
  conformance(options?: TestBackendOptions): Promise<BackendReport>;
  training(): Promise<{ readonly losses: readonly number[]; readonly hu: number }>;
}

/** Some shapes are left out for their time: MIDASH_WEBGL=whole runs all. */
const whole = process.env.MIDASH_WEBGL === "whole";
const browser = browserPath();

test("says that Node has none", async () => {
  expect(await webgl().supports()).toEqual({ reason: expect.stringContaining("in browsers alone") });
});

describe.skipIf(!browser)(`webgl in Chromium${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let served: Served;
  let chromium: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "midash-webgl-"));
    await build({
      entryPoints: { page: join(root, "test/fixtures/webgl/page.ts") },
      bundle: true,
      splitting: true,
      format: "esm",
      outdir: folder,
      loader: { ".safetensors": "base64" },
      define: { __filename: '""', __dirname: '""' },
      logLevel: "silent",
    });
    await writeFile(join(folder, "index.html"), '<script type="module" src="page.js"></script>');
    served = await serve(folder);
    chromium = await launchBrowser({ args: ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
  }, 120_000);
  afterAll(async () => {
    await chromium?.close();
    served?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Of a page of its own. @param script runs before the page's */
  async function ask<K extends keyof PageOfFixture>(
    method: K,
    options?: Parameters<PageOfFixture[K]>[0],
    script?: () => void,
  ) {
    page = await chromium.newPage();
    try {
      if (script) await page.addInitScript(script);
      await page.goto(`${served.origin}/index.html`);
      await page.waitForFunction(() => "page" in globalThis);
      return (await page.evaluate(
        ([method, options]) =>
          (globalThis as unknown as { page: Record<string, (options: unknown) => unknown> }).page[method]!(
            options,
          ),
        [method, options] as const,
      )) as Awaited<ReturnType<PageOfFixture[K]>>;
    } finally {
      await page.close();
    }
  }

  test("every op of the built-in models equals float64, values and gradients", {
    timeout: 1_800_000,
  }, async () => {
    expect(await ask("supports")).toBe(true);
    const skip = whole ? {} : { shapes: "some hundred shaders more", tensorLeaks: "all ops once more" };
    const { checks, ops } = await ask("conformance", { skip });
    expect(checks.filter(({ passed, skipped }) => !passed && skipped === undefined)).toEqual([]);
    expect(ops.length).toBeGreaterThan(50);
  });

  test("fifty steps of training lose what wasm loses, and a model makes the same CT", {
    timeout: 1_800_000,
  }, async () => {
    const { losses, hu } = await ask("training");
    expect(losses).toHaveLength(50);
    expect(Math.max(...losses)).toBeLessThan(1e-3);
    expect(hu).toBeLessThan(0.1);
  });

  test("is refused where the card draws into 16 bits alone, and where there is no WebGL", {
    timeout: 120_000,
  }, async () => {
    const halved = await ask("supports", undefined, () => {
      // As on such devices: what draws into 32 bits is not offered.
      for (const type of [WebGL2RenderingContext, WebGLRenderingContext]) {
        const get = type.prototype.getExtension;
        type.prototype.getExtension = function (this: WebGLRenderingContext, name: string) {
          return /color_buffer_float|texture_float$/i.test(name) ? null : get.call(this, name);
        } as typeof get;
      }
    });
    expect(halved).toEqual({ reason: expect.stringMatching(/16-bit floats alone/) });
    const none = await ask("supports", undefined, () => {
      HTMLCanvasElement.prototype.getContext = () => null;
      OffscreenCanvas.prototype.getContext = () => null;
    });
    expect(none).toEqual({ reason: expect.stringMatching(/no WebGL here/) });
  });
});
