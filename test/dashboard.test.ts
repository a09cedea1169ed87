/** examples/dashboard, built by its own Vite config, and used in Chromium as a person would. Needs `npm run build`. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Browser, Download, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicom } from "../src/imaging/formats/dicom/index.ts";
import { decodeVolume, encodeVolume, phantomSubject, type Volume } from "../src/index.ts";
import { wasm } from "../src/networks/backends/wasm/wasm.ts";
import { HeadPipeline } from "../src/road/head/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { madeHeadSeries } from "./support/made-head-series.ts";
import { root, run, tsc } from "./support/pack.ts";
import { pageProject, removeProject, type Served, serve } from "./support/page-bundles.ts";
import { axeFindings } from "./support/report-page.ts";

const browser = browserPath();
const LONG = { timeout: 500_000 };

describe.skipIf(!browser)(`examples/dashboard${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let served: Served;
  let chromium: Browser;
  let mr: Volume;

  beforeAll(async () => {
    folder = await pageProject(join(root, "examples/dashboard"));
    const { devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const name of Object.keys(devDependencies)) {
      const place = join(folder, "node_modules", name);
      await mkdir(dirname(place), { recursive: true });
      await symlink(join(root, "node_modules", name), place, "junction");
    }
    // As large as a head, with voxels of 4 mm, so that reading and showing it take no time.
    mr = (await phantomSubject({ shape: [48, 56, 48], spacing: [4, 4, 4], seed: 1 })).inputs.t1!;
    await writeFile(join(folder, "mr.nii.gz"), await encodeVolume(mr, { format: "nifti", gzip: true }));
    const measured = mr.with({ data: mr.values().map((value) => (value > 100 ? 40 : -1000)), unit: "HU" });
    await writeFile(join(folder, "ct.nii.gz"), await encodeVolume(measured, { format: "nifti", gzip: true }));
    await mkdir(join(folder, "series"));
    for (const { name, bytes } of madeHeadSeries(mr)) await writeFile(join(folder, "series", name), bytes);
    await build({ root: folder, configFile: join(folder, "vite.config.ts"), logLevel: "error" });
    served = await serve(join(folder, "dist"));
    chromium = await launchBrowser();
  });
  afterAll(async () => {
    await chromium?.close();
    served?.close();
    if (folder) await removeProject(folder);
  });

  /** The page, and what it should not have done: errors, and requests that leave this computer. */
  async function open(options: { readonly scheme?: "light" | "dark"; readonly width?: number } = {}) {
    const context = await chromium.newContext({
      bypassCSP: true, // axe-core comes in as a script
      colorScheme: options.scheme ?? "light",
      viewport: { width: options.width ?? 1400, height: 900 },
    });
    context.setDefaultTimeout(LONG.timeout); // no step fails because a machine is busy
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(served.origin) && !/^(data|blob):/.test(request.url()))
        wrong.push(request.url());
    });
    await page.goto(`${served.origin}/index.html?isolated`);
    await page.getByText("Computes on").waitFor();
    return { page, wrong };
  }

  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const give = (page: Page, ...names: string[]) =>
    page.getByTestId("files").setInputFiles(names.map((name) => join(folder, name)));
  const saved = async (page: Page, name: string): Promise<Download> =>
    (await Promise.all([page.waitForEvent("download", LONG), button(page, name).click()]))[0];
  const accessible = async (page: Page) => {
    const { passes, found } = await axeFindings(page);
    expect(passes).toBeGreaterThan(10);
    expect(found).toEqual([]);
  };
  const lit = (page: Page, axis: string) =>
    page.getByTestId(axis).evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, n) => n % 4 === 0 && value > 128).length;
    });

  test("compiles strictly", () => run(process.execPath, [tsc, "-p", "."], folder));

  test("an MR in; slices, a synthetic CT, its tissues and densities; files out, equal to what Node makes", async () => {
    const { page, wrong } = await open();
    expect(await page.locator(".engine").textContent()).toMatch(/WebAssembly, \d+ thread/);
    await accessible(page);
    await give(page, "mr.nii.gz");
    await button(page, "Make a synthetic CT").waitFor(LONG);
    for (const axis of ["axial", "coronal", "sagittal"])
      await expect.poll(() => lit(page, axis), LONG).toBeGreaterThan(100);
    await accessible(page);

    await button(page, "Make a synthetic CT").click();
    await button(page, "Cancel").waitFor();
    await accessible(page);
    await button(page, "Cancel").click();
    await page.getByText("Cancelled.").waitFor(LONG);

    await button(page, "Make a synthetic CT").click();
    await page.getByRole("heading", { name: "Synthetic CT" }).waitFor(LONG);
    await page.getByRole("radio", { name: "Tissues" }).check();
    await accessible(page);
    const table = (name: string) => page.getByRole("table", { name }).textContent();
    expect(await table("Tissues, as the model sees them")).toMatch(/Grey matter\d/);
    expect(await table("Densities, by HU inside the head")).toMatch(/Bone\d/);

    const download = await saved(page, "Synthetic CT (NIfTI)");
    expect(download.suggestedFilename()).toBe("mr_sct.nii.gz");
    const sct = await decodeVolume(await readFile(await download.path()));
    const head = await HeadPipeline.open({ backend: wasm() });
    const expected = (await head.synthesize(mr)).sct.values();
    head.dispose();
    const found = sct.values();
    expect(sct.affine).toEqual(mr.affine);
    expect(found).toHaveLength(expected.length);
    expect(found.reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n]!)), 0)).toBeLessThan(
      1,
    );
    const labels = await decodeVolume(await readFile(await (await saved(page, "Tissues (NIfTI)")).path()));
    expect(labels.shape).toEqual(mr.shape);
    const numbers = JSON.parse(await readFile(await (await saved(page, "Numbers (JSON)")).path(), "utf8"));
    expect(numbers).toMatchObject({
      simulated: true,
      tissues: expect.anything(),
      note: /not a medical device/,
    });

    const stl = await readFile(await (await saved(page, "Skull surface (STL)")).path());
    expect(stl.length).toBe(84 + 50 * stl.readUInt32LE(80));
    expect(stl.readUInt32LE(80)).toBeGreaterThan(1000);

    // A measured CT beside it: the difference can be seen.
    await give(page, "ct.nii.gz");
    await page.getByText("Against the measured CT").waitFor(LONG);
    await page.getByRole("radio", { name: "Difference" }).check();
    // All details were opened for axe-core, the charts too.
    await page.getByText("Error by axial slice, from the feet up", { exact: true }).waitFor(LONG);
    await accessible(page);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test("a folder of DICOM, by keyboard alone; in the dark, on a phone", async () => {
    const { page, wrong } = await open({ scheme: "dark", width: 390 });
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      (async () => {
        for (let n = 0; n < 20; n++) {
          await page.keyboard.press("Tab");
          if (await button(page, "Choose files").evaluate((one) => one === document.activeElement)) break;
        }
        await page.keyboard.press("Enter");
      })(),
    ]);
    await chooser.setFiles(madeHeadSeries(mr).map(({ name }) => join(folder, "series", name)));
    await button(page, "Make a synthetic CT").waitFor(LONG);
    await accessible(page);
    await button(page, "Make a synthetic CT").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Synthetic CT" }).waitFor(LONG);
    await accessible(page);
    await button(page, "Synthetic CT (DICOM)").focus();
    const [download] = await Promise.all([page.waitForEvent("download", LONG), page.keyboard.press("Enter")]);
    const { unzipSync } = await import("fflate");
    const files = Object.entries(unzipSync(await readFile(await download.path())));
    expect(files).toHaveLength(48);
    const series = await dicom.readFiles!(files.map(([name, bytes]) => ({ name, bytes })));
    expect(series.unit).toBe("HU");
    expect(series.meta.seriesDescription).toMatch(/^SYNTHETIC CT \(not for diagnosis\)/);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test("what is no image is said, with what can be opened; the page goes on", async () => {
    const { page, wrong } = await open();
    await page.getByTestId("files").setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("hello"),
    });
    const alert = page.getByRole("alert");
    await expect
      .poll(() => alert.textContent())
      .toMatch(/None of these files is an image.*NIfTI.*notes\.txt/);
    await accessible(page);
    await give(page, "ct.nii.gz");
    await expect.poll(() => alert.textContent(), LONG).toMatch(/ct\.nii\.gz is a CT\. Open the MR/);
    await give(page, "mr.nii.gz");
    await button(page, "Make a synthetic CT").waitFor(LONG);
    expect(await alert.textContent()).toBe("");
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});
