/**
 * How long somebody waits before the dashboard, in headless Chromium: its first load, the first slice of an MR, the first slice of the synthetic CT, all of it; tasks that hold up the page, and
 * memory. Needs `npm run build`. It prints the rows of docs/performance.md.
 *
 *   npm run verify:dashboard -- --what load,wasm,one,webgpu,memory --mr head.nii.gz
 *
 * Without --mr a simulated head of 256×256×180 voxels of 1 mm is made.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { encodeVolume, phantomSubject, Volume } from "../../src/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { buildDashboard, button, firstLoad, LONG, openDashboard } from "../support/dashboard.ts";

const { values } = parseArgs({
  options: {
    mr: { type: "string" },
    what: { type: "string", default: "load,drop,wasm,one,memory,webgpu" },
  },
});
const what = new Set(values.what.split(","));
const say = (name: string, value: string) => process.stdout.write(`| ${name} | ${value} |\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const dashboard = await buildDashboard();
const folder = await mkdtemp(join(tmpdir(), "midash-times-"));
const open: Browser[] = [];
try {
  say("machine", `${cpus().length} × ${cpus()[0]!.model}`);
  const chromium = await launch();
  if (what.has("load")) await load(chromium);
  if (what.has("drop")) await drop(chromium);
  const mr = values.mr ? resolve(values.mr) : await simulated([256, 256, 180], "head.nii");
  if (what.has("wasm")) await atOnce(chromium, mr);
  if (what.has("wasm")) await whole(chromium, mr, "wasm, threads", true);
  if (what.has("one")) await whole(chromium, mr, "wasm, one thread (page not isolated)", false);
  if (what.has("memory")) await memory(mr);
  if (what.has("webgpu")) await card(mr);
} finally {
  for (const browser of open) await browser.close();
  await dashboard.close();
}

async function launch(args: readonly string[] = []): Promise<Browser> {
  const browser = await launchBrowser({ args: [...args] });
  open.push(browser);
  return browser;
}

/** A simulated head as a NIfTI file of int16. */
async function simulated(shape: [number, number, number], name: string): Promise<string> {
  const { inputs } = await phantomSubject({ shape, spacing: [1, 1, 1], seed: 3 });
  const mr = inputs.t1!;
  const path = join(folder, name);
  const whole = new Volume({ ...mr, data: Int16Array.from(mr.values(), Math.round) });
  await writeFile(path, await encodeVolume(whole, { format: "nifti", gzip: name.endsWith(".gz") }));
  return path;
}

/** All that the page asks for until somebody can use it, and apart from that what its service worker keeps afterwards. */
async function load(chromium: Browser): Promise<void> {
  dashboard.asked.length = 0;
  const { page } = await openDashboard(chromium, dashboard.origin);
  const { first, kept } = await firstLoad(dashboard, page);
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  const kB = (sizes: ReadonlyMap<string, number>) =>
    `${([...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) / 1000).toFixed(1)} kB`;
  say("first load, gzip: the page and its worker, which opens files", kB(first));
  say("afterwards, when the page is idle: all its files, kept for use without network", kB(kept));
  say("first paint", seconds(Number(paint)));
  process.stderr.write(`${[...first].map(([path, bytes]) => `${path} ${bytes}`).join("\n")}\n`);
  await page.context().close();
}

/** From the moment that the page has the file to the frame that shows its first slice. */
async function drop(chromium: Browser): Promise<void> {
  for (const name of ["cube.nii", "cube.nii.gz"]) {
    const path = await simulated([256, 256, 256], name);
    const { page } = await openDashboard(chromium, dashboard.origin);
    say(`first MR slice after a drop of 256³ (${name.slice(5)})`, `${Math.round(await show(page, path))} ms`);
    await page.context().close();
  }
}

/** Puts a file into the page. @returns ms until its slices are painted */
async function show(page: Page, path: string): Promise<number> {
  await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>("[data-testid=files]")!;
    const times = { from: 0, shown: 0 };
    Object.assign(globalThis, { times });
    input.addEventListener("change", () => (times.from = performance.now()), { capture: true });
    const look = () => {
      const canvas = document.querySelector<HTMLCanvasElement>("[data-testid=axial]");
      const middle = canvas?.getContext("2d")?.getImageData(0, canvas.height >> 1, canvas.width, 1).data;
      if (middle?.some((value, n) => n % 4 === 0 && value > 60 && value !== 86))
        times.shown = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.getByTestId("files").setInputFiles(path);
  await page.waitForFunction(() => (globalThis as unknown as Timed).times.shown > 0, undefined, LONG);
  return page.evaluate(() => {
    const { from, shown } = (globalThis as unknown as Timed).times;
    return shown - from;
  });
}

interface Timed {
  readonly times: { readonly from: number; readonly shown: number };
  readonly long: number[];
}

/** From the press to the first slice, and to the whole; the longest task of the page meanwhile. */
async function whole(
  chromium: Browser,
  path: string,
  name: string,
  isolated: boolean,
  onCard = false,
): Promise<void> {
  const { page, wrong } = await openDashboard(chromium, dashboard.origin, { isolated });
  await show(page, path);
  await page.waitForTimeout(3000); // the model has come
  if (onCard) await page.getByRole("checkbox", { name: /Use the graphics card/ }).check();
  const times = await press(page);
  say(`${name}: first sCT slice`, times.first === undefined ? "none before the whole" : seconds(times.first));
  say(`${name}: whole, with tissues, densities and tables`, seconds(times.whole));
  say(
    `${name}: longest task of the page`,
    `${Math.round(Math.max(0, ...times.long))} ms (${times.long.filter((ms) => ms > 100).length} over 100 ms)`,
  );
  if (wrong.length > 0) say(`${name}: errors`, wrong.join("; "));
  process.stderr.write(`${await page.locator(".results p").first().textContent()}\n`);
  await page.context().close();
}

/** For somebody who presses before engine and model have come, which begin to load when the image is shown. */
async function atOnce(chromium: Browser, path: string): Promise<void> {
  const { page } = await openDashboard(chromium, dashboard.origin);
  await show(page, path);
  const from = await page.evaluate(() => performance.now());
  await button(page, "Make a synthetic CT").click();
  await page.locator(".preliminary").waitFor(LONG);
  const ms = (await page.evaluate(() => performance.now())) - from;
  say("wasm, threads, pressed as soon as the MR is seen: first sCT slice", seconds(ms));
  await page.context().close();
}

async function press(page: Page) {
  await page.evaluate(() => {
    const long: number[] = [];
    Object.assign(globalThis, { long });
    new PerformanceObserver((list) =>
      long.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: "longtask",
    });
  });
  const from = await page.evaluate(() => performance.now());
  const now = async () => (await page.evaluate(() => performance.now())) - from;
  await button(page, "Make a synthetic CT").click();
  const done = page.getByRole("heading", { name: "Synthetic CT" });
  await page.locator(".preliminary").or(done).first().waitFor(LONG);
  const first = (await page.locator(".preliminary").count()) > 0 ? await now() : undefined;
  await done.waitFor(LONG);
  await page.locator(".work").waitFor({ ...LONG, state: "detached" });
  const all = await now();
  return { first, whole: all, long: await page.evaluate(() => (globalThis as unknown as Timed).long) };
}

/** MB of the page with its workers after each of three volumes was opened, made into a CT, and closed. */
async function memory(path: string): Promise<void> {
  const chromium = await launch([
    "--enable-blink-features=ForceEagerMeasureMemory",
    "--js-flags=--expose-gc",
  ]);
  const { page } = await openDashboard(chromium, dashboard.origin);
  const measure = () =>
    page.evaluate(async () => {
      const { measureUserAgentSpecificMemory } = performance as unknown as {
        measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
      };
      (globalThis as unknown as { gc?(): void }).gc?.();
      return (await measureUserAgentSpecificMemory.call(performance)).bytes / 1e6;
    });
  const found = [await measure()];
  for (let n = 0; n < 3; n++) {
    await show(page, path);
    await press(page);
    found.push(await measure());
    await button(page, "Close this image").click();
    await page.waitForTimeout(2000);
    found.push(await measure());
  }
  say("MB at first; then with a volume and closed, three times", found.map((mb) => mb.toFixed(0)).join(", "));
  await page.context().close();
}

/** By SwiftShader, a processor that plays the card. */
async function card(path: string): Promise<void> {
  const chromium = await launch([
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
  ]);
  await whole(chromium, path, "WebGPU by SwiftShader", true, true);
}
