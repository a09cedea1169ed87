/** examples/web-page, built by its own Vite config out of a strict node_modules, and used in Chromium as a person would. Needs `npm run build`. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build, type UserConfig } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import viteConfig from "../examples/web-page/vite.config.ts";
import { decodeVolume, encodeVolume, phantomSubject } from "../src/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { root, run, tsc } from "./support/pack.ts";
import { ISOLATION, pageProject, removeProject, type Served, serve } from "./support/page-bundles.ts";

const browser = browserPath();

describe.skipIf(!browser)(`examples/web-page${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let served: Served;
  let chromium: Browser;

  beforeAll(async () => {
    folder = await pageProject(join(root, "examples/web-page"));
    // As large as a head, with voxels of 4 mm, so that reading and showing it take no time.
    const { inputs } = await phantomSubject({ shape: [48, 56, 48], spacing: [4, 4, 4], seed: 1 });
    await writeFile(
      join(folder, "mr.nii.gz"),
      await encodeVolume(inputs.t1!, { format: "nifti", gzip: true }),
    );
    await build({ ...viteConfig, root: folder, configFile: false, logLevel: "error" });
    served = await serve(join(folder, "dist"));
    chromium = await launchBrowser();
  });
  afterAll(async () => {
    await chromium?.close();
    served?.close();
    if (folder) await removeProject(folder);
  });

  test("compiles strictly, and sends the headers that give a page all cores", async () => {
    await run(process.execPath, [tsc, "-p", "."], folder);
    const { server } = viteConfig as UserConfig;
    expect(
      Object.fromEntries(Object.entries(server!.headers!).map(([key, value]) => [key.toLowerCase(), value])),
    ).toEqual(ISOLATION);
  });

  async function open(query: string): Promise<Page> {
    const page = await chromium.newPage();
    page.on("pageerror", (error) => {
      throw error;
    });
    await page.goto(`${served.origin}/index.html${query}`);
    return page;
  }

  const text = (page: Page, id: string) => page.locator(`#${id}`).textContent();
  const bright = (page: Page, id: string) =>
    page.locator(`#${id}`).evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, n) => n % 4 === 0 && value > 128).length;
    });

  test.each(["?isolated", ""])("a head in, slices, a synthetic CT, a file out %s", async (query) => {
    const page = await open(query);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(query === "?isolated");
    await page.locator("#file").setInputFiles(join(folder, "mr.nii.gz"));
    await page.waitForFunction(() => document.getElementById("status")!.textContent!.includes("voxels"));
    expect(await text(page, "mr-caption")).toMatch(/^MR \(simulated\): R is left, A is up, /);
    expect(await bright(page, "mr")).toBeGreaterThan(100);
    await page.locator("#axis").selectOption("sagittal");
    expect(await text(page, "mr-caption")).toMatch(/: A is left, S is up, /);

    if (query === "?isolated") {
      await page.locator("#make").click();
      await page.waitForFunction(() => document.getElementById("status")!.textContent!.includes("%"));
      await page.locator("#cancel").click();
      await page.waitForFunction(() => document.getElementById("status")!.textContent === "Cancelled.");
      expect(await page.locator("#make").isEnabled()).toBe(true);
    }
    await page.locator("#make").click();
    await page.waitForFunction(
      () => document.getElementById("status")!.textContent!.startsWith("Made on"),
      null,
      {
        timeout: 500_000,
      },
    );
    expect(await text(page, "status")).toMatch(/^Made on wasm in \d+ s\./);
    expect(await bright(page, "sct")).toBeGreaterThan(50);
    expect(await text(page, "sct-caption")).toMatch(
      /^Synthetic CT by a model trained on simulated heads \(simulated\): A is left/,
    );

    const [saved] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
    expect(saved.suggestedFilename()).toBe("sct.nii.gz");
    const sct = await decodeVolume(await readFile(await saved.path()));
    expect(sct.shape).toEqual([48, 56, 48]);
    const values = sct.values();
    expect(values.some((hu) => hu > 300)).toBe(true);
    expect(values.some((hu) => hu === -1000)).toBe(true);
    await page.close();
  });

  test("what is no volume is said in one line", async () => {
    const page = await open("");
    await page
      .locator("#file")
      .setInputFiles({ name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await page.waitForFunction(() => document.getElementById("status")!.textContent !== "");
    expect(await text(page, "status")).toMatch(/format/);
    await page.close();
  });
});
