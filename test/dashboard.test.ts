/** examples/dashboard, built by its own Vite config, and used in Chromium as a person would. Needs `npm run build`. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicom } from "../src/imaging/formats/dicom/index.ts";
import { decodeVolume, encodeVolume, phantomSubject, type Volume } from "../src/index.ts";
import { wasm } from "../src/networks/backends/wasm/wasm.ts";
import { HeadPipeline } from "../src/road/head/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import {
  bright,
  buildDashboard,
  button,
  type Dashboard,
  firstLoad,
  LONG,
  lit,
  type OpenOptions,
  openDashboard,
  saved,
  tabTo,
} from "./support/dashboard.ts";
import { madeHeadSeries } from "./support/made-head-series.ts";
import { root, run, tsc } from "./support/pack.ts";
import { axeFindings } from "./support/report-page.ts";

const browser = browserPath();
const data = join(root, "../shared/data");
const real = { t1: join(data, "real_heads/t1_b.nii.gz"), dicom: join(data, "dicom_mr") };
const absent = Object.values(real).find((path) => !existsSync(path));

describe.skipIf(!browser)(`examples/dashboard${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let dashboard: Dashboard;
  let folder: string;
  let chromium: Browser;
  let mr: Volume;

  beforeAll(async () => {
    dashboard = await buildDashboard();
    folder = dashboard.folder;
    // As large as a head, with voxels of 4 mm, so that reading and showing it take no time.
    mr = (await phantomSubject({ shape: [48, 56, 48], spacing: [4, 4, 4], seed: 1 })).inputs.t1!;
    await writeFile(join(folder, "mr.nii.gz"), await encodeVolume(mr, { format: "nifti", gzip: true }));
    const measured = mr.with({ data: mr.values().map((value) => (value > 100 ? 40 : -1000)), unit: "HU" });
    await writeFile(join(folder, "ct.nii.gz"), await encodeVolume(measured, { format: "nifti", gzip: true }));
    await mkdir(join(folder, "series"));
    for (const { name, bytes } of madeHeadSeries(mr)) await writeFile(join(folder, "series", name), bytes);
    chromium = await launchBrowser();
  });
  afterAll(async () => {
    await chromium?.close();
    await dashboard?.close();
  });

  const open = (options?: OpenOptions) => openDashboard(chromium, dashboard.origin, options);
  const give = (page: Page, ...names: string[]) =>
    page.getByTestId("files").setInputFiles(names.map((name) => join(folder, name)));
  const accessible = async (page: Page) => {
    const { passes, found } = await axeFindings(page);
    expect(passes).toBeGreaterThan(10);
    expect(found).toEqual([]);
  };

  test("compiles strictly", () => run(process.execPath, [tsc, "-p", "."], folder));

  test("an MR in; slices, a synthetic CT, its tissues and densities; files out, equal to what Node makes", async () => {
    dashboard.asked.length = 0;
    const { page, wrong } = await open();
    expect(await page.locator(".engine").textContent()).toMatch(/WebAssembly, \d+ thread/);
    const { first } = await firstLoad(dashboard, page);
    expect([...first.keys()].filter((path) => /simd|binaries|niivue|uPlot|dicom|head-/.test(path))).toEqual(
      [],
    );
    expect([...first.keys()].some((path) => /\/page-/.test(path))).toBe(true); // the worker that opens files is there
    expect([...first.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(150_000);
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
    await page.getByText("A first look at the synthetic CT").waitFor(LONG);
    await accessible(page);
    await page.getByRole("heading", { name: "Synthetic CT" }).waitFor(LONG);
    expect(await page.getByText("A first look at the synthetic CT").count()).toBe(0);
    expect(await page.locator(".results p").first().textContent()).toMatch(/axial slices a second/);
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

    // What can be read and saved beside it.
    await page.getByTestId("axial").hover();
    await expect.poll(() => page.getByLabel("At the pointer").textContent()).toMatch(/sCT-?\d+ HU/);
    await button(page, "Begin at the crosshair").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("slider", { name: /^Sagittal/ }).focus();
    for (let n = 0; n < 5; n++) await page.keyboard.press("ArrowRight");
    const rows = page.locator('table[aria-label="CT along the line"] tbody tr');
    await expect.poll(() => rows.count()).toBe(6);
    const png = await readFile(await (await saved(page, "Picture of the view (PNG)")).path());
    expect([png.readUInt32BE(16), png.subarray(1, 4).toString()]).toEqual([expect.any(Number), "PNG"]);
    expect(png.readUInt32BE(16)).toBeGreaterThan(600); // px wide: planes side by side
    const csv = await readFile(await (await saved(page, "Tables (CSV)")).path(), "utf8");
    expect(csv).toMatch(/^kind,class,mL,mean HU,SD HU\r\ntissue,Scalp and fat,\d/);
    const report = await readFile(await (await saved(page, "Report (HTML)")).path(), "utf8");
    expect(report).toMatch(/not a medical device/i);
    expect(report).toMatch(/Grey matter/);
    expect(report).not.toMatch(/(src|href)="https?:/);

    // The solid, by NiiVue, which came when it was opened.
    await expect.poll(() => bright(page.getByTestId("solid")), LONG).toBeGreaterThan(500);
    await button(page, "Turn left").click();

    // A measured CT beside it: the difference can be seen.
    await give(page, "ct.nii.gz");
    await page.getByText("Against the measured CT").waitFor(LONG);
    await page.getByRole("radio", { name: "Difference" }).check();
    const before = await page.getByRole("table", { name: "Against the measured CT" }).textContent();
    await page.getByRole("combobox", { name: "Voxels" }).selectOption("All voxels");
    await page.getByText("no mask given: all voxels").waitFor(LONG);
    expect(await page.getByRole("table", { name: "Against the measured CT" }).textContent()).not.toBe(before);
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
        await tabTo(page, button(page, "Choose files"));
        await page.keyboard.press("Enter");
      })(),
    ]);
    await chooser.setFiles(madeHeadSeries(mr).map(({ name }) => join(folder, "series", name)));
    await button(page, "Make a synthetic CT").waitFor(LONG);
    await accessible(page);
    await tabTo(page, button(page, "Make a synthetic CT"));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Synthetic CT" }).waitFor(LONG);
    await accessible(page);
    await tabTo(page, button(page, "Synthetic CT (DICOM)"));
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

  test("the graphics card, by its button: its first look, cancelled; back to the processor", async () => {
    // A head of a doll: its slab is done in a third of the time.
    const doll = mr.with({ affine: mr.affine.map((v, n) => (n % 4 === 3 ? v : 0.62 * v)) as never });
    await writeFile(join(folder, "doll.nii"), await encodeVolume(doll, { format: "nifti" }));
    const withCard = await launchBrowser({
      args: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"],
    });
    try {
      const { page, wrong } = await openDashboard(withCard, dashboard.origin);
      await give(page, "doll.nii");
      const use = page.getByRole("checkbox", { name: /Use the graphics card.*a processor plays it/ });
      await use.check();
      await page.getByText(/Computes on: WebGPU/).waitFor();
      await button(page, "Make a synthetic CT").click();
      await page.getByText("A first look at the synthetic CT").waitFor(LONG);
      await expect.poll(() => page.getByLabel("At the crosshair").textContent()).toMatch(/sCT-?\d+ HU/);
      await button(page, "Cancel").click();
      await page.getByText("Cancelled.").waitFor(LONG);
      await use.uncheck();
      await page.getByText(/Computes on: WebAssembly/).waitFor();
      expect(wrong).toEqual([]);
    } finally {
      await withCard.close();
    }
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
    const packed = [0, 1].map((n) => join(root, `test/fixtures/dicom/rle/${n}.dcm`));
    await page.getByTestId("files").setInputFiles(packed);
    await expect
      .poll(() => alert.textContent(), LONG)
      .toMatch(/compressed DICOM can't be unpacked here.*gdcmconv --raw/);
    await give(page, "ct.nii.gz");
    await expect.poll(() => alert.textContent(), LONG).toMatch(/ct\.nii\.gz is a CT\. Open the MR/);
    await give(page, "mr.nii.gz");
    await button(page, "Make a synthetic CT").waitFor(LONG);
    expect(await alert.textContent()).toBe("");
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test.skipIf(absent)(
    `a real T1 begins to be a CT, and a folder of real DICOM is opened${absent ? ` (skipped: ${absent} is absent)` : ""}`,
    async () => {
      const { page, wrong } = await open();
      await page.getByTestId("files").setInputFiles(real.t1);
      await button(page, "Make a synthetic CT").waitFor(LONG);
      for (const axis of ["axial", "coronal", "sagittal"])
        await expect.poll(() => lit(page, axis), LONG).toBeGreaterThan(500);
      await button(page, "Make a synthetic CT").click();
      await page.getByText("A first look at the synthetic CT").waitFor(LONG);
      await expect.poll(() => page.getByLabel("At the crosshair").textContent()).toMatch(/sCT-?\d+ HU/);
      await button(page, "Cancel").click();
      await page.getByText("Cancelled.").waitFor(LONG);
      expect(await page.getByRole("radio", { name: "MR", exact: true }).isChecked()).toBe(true);

      await page.getByTestId("folder").setInputFiles(real.dicom);
      await page.getByRole("heading", { name: "Which image?" }).waitFor(LONG);
      await accessible(page);
      const series = page.locator(".chooser li").filter({ hasText: "41 files" }).getByRole("button").first();
      const name = (await series.textContent())!;
      await series.click();
      await page.getByRole("heading", { name }).waitFor(LONG);
      await page.getByText(/voxels, dicom/).waitFor(LONG);
      await expect.poll(() => lit(page, "axial"), LONG).toBeGreaterThan(100);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
  );
});
