/**
 * WebGPU in a page: headless Chromium with SwiftShader, a processor that plays the card. Needs `npm run build`. The contract is checked but for its longest parts, which Node's Dawn, the same shader
 * compiler, checks in test/webgpu.test.ts; `MIDASH_FULL=1` (`npm run verify:webgpu-page`) checks all of it here too.
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { root } from "./support/pack.ts";
import {
  BUNDLERS,
  pageProject,
  removeProject,
  type Said,
  type Served,
  serve,
} from "./support/page-bundles.ts";

const browser = browserPath();
const full = process.env.MIDASH_FULL === "1";

/** What the suite leaves out here. */
const LONG = "minutes on a processor that plays the card; checked in Node";
const SKIP = full ? {} : { shapes: LONG, gradients: LONG };

interface Conformance {
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly skipped?: string }[];
  readonly ops: number;
}

interface Training {
  readonly losses: readonly number[];
  readonly hu: number;
  readonly worker: { readonly backend: string; readonly passedOver: readonly object[]; readonly hu: number };
}

interface Software {
  readonly supports: unknown;
  readonly reason: string;
  readonly refused: { readonly kind: string; readonly what: string };
}

describe.skipIf(!browser)(`webgpu in a page${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let served: Served;
  let chromium: Browser;
  let page: Page;
  let said: Said;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = await pageProject(join(root, "test/fixtures/webgpu/page"), ["@tensorflow/tfjs-backend-webgpu"]);
    said = await BUNDLERS.vite!(folder);
    served = await serve(folder);
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

  const ask = <T>(method: string, options?: unknown) =>
    page.evaluate(
      ([method, options]) =>
        (globalThis as unknown as { page: Record<string, (options: unknown) => Promise<T>> }).page[method]!(
          options,
        ),
      [method, options] as const,
    ) as Promise<T>;

  test("is bundled without a warning", () => {
    expect(said.warnings).toEqual([]);
  });

  test("a processor that plays the card computes when asked by name, and is refused when a card was meant", async () => {
    const { supports, reason, refused } = await ask<Software>("software");
    expect(supports).toBe(true);
    expect(reason).toContain("only a processor that plays one");
    expect(refused).toMatchObject({ kind: "unsupported", what: reason });
  });

  test("steps of training lose what wasm loses, and a model makes the same CT, in the page and in its worker", async () => {
    const { losses, hu, worker } = await ask<Training>("training", full ? 50 : 10);
    expect(losses).toHaveLength(full ? 50 : 10);
    expect(Math.max(...losses)).toBeLessThan(1e-3);
    expect(hu).toBeLessThan(0.1);
    expect(worker).toMatchObject({ backend: "webgpu", passedOver: [] });
    expect(worker.hu).toBeLessThan(0.1);
  });

  test("ops equal float64", async () => {
    const { checks, ops } = await ask<Conformance>("conformance", SKIP);
    expect(checks.filter(({ passed, skipped }) => !passed && skipped === undefined)).toEqual([]);
    expect(checks.filter(({ skipped }) => skipped === LONG)).toHaveLength(full ? 0 : 2);
    expect(ops).toBeGreaterThan(20);
    console.log(checks.map(({ name, ...rest }) => `${name} ${JSON.stringify(rest)}`).join("\n"));
  });

  test("nothing is thrown on the side", () => {
    expect(errors).toEqual([]);
  });
});
