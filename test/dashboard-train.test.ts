/** Training in a tab of examples/dashboard: closed and reopened, saved, gone on with in Node; and the page without network. Needs `npm run build`. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeModel, encodeVolume, phantomSubject, Synthesizer } from "../src/index.ts";
import { wasm } from "../src/networks/backends/wasm/wasm.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import {
  bright,
  buildDashboard,
  button,
  type Dashboard,
  LONG,
  openDashboard,
  saved,
  tabTo,
} from "./support/dashboard.ts";
import { midashIn } from "./support/midash.ts";
import { serve } from "./support/page-bundles.ts";
import { axeFindings } from "./support/report-page.ts";
import { started } from "./support/started.ts";
import { withoutTimes } from "./support/times.ts";

const browser = browserPath();

describe.skipIf(!browser)(`training in a tab${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let dashboard: Dashboard;
  let chromium: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "midash-tab-"));
    dashboard = await buildDashboard();
    chromium = await launchBrowser();
  });
  afterAll(async () => {
    await chromium?.close();
    await dashboard?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const stands = (page: Page) => page.getByTestId("stands");
  const accessible = async (page: Page) => expect((await axeFindings(page)).found).toEqual([]);

  async function openTraining(page: Page): Promise<void> {
    await page.getByRole("link", { name: "Train" }).click();
    await button(page, "Begin training").waitFor();
  }

  /** Another tab of the same browser. */
  async function anotherTab(page: Page): Promise<Page> {
    const tab = await page.context().newPage();
    await tab.goto(`${dashboard.origin}/index.html?isolated#train`);
    await button(tab, "Begin training").waitFor();
    return tab;
  }

  async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields))
      await page.getByLabel(name, { exact: true }).fill(value);
  }

  const HEADS = { Heads: "1", Epochs: "4", "Steps an epoch": "20" };

  test(
    "closed in the middle and reopened, a run goes on to the same model, bit for bit; in Node too",
    async () => {
      const { page, wrong } = await openDashboard(chromium, dashboard.origin, { scheme: "dark", width: 390 });
      // By keyboard alone, from the opened page to the saved model.
      await tabTo(page, page.getByRole("link", { name: "Train" }));
      await page.keyboard.press("Enter");
      await button(page, "Begin training").waitFor();
      await accessible(page);
      for (const [name, value] of Object.entries({ Name: "whole", ...HEADS })) {
        await tabTo(page, page.getByLabel(name, { exact: true }));
        await page.keyboard.press("ControlOrMeta+A");
        await page.keyboard.type(value);
      }
      await tabTo(page, button(page, "Begin training"));
      await page.keyboard.press("Enter");
      await page
        .getByTestId("now")
        .getByText(/^Epoch/)
        .waitFor(LONG);
      await accessible(page);
      await stands(page).getByText("Done, after 4 epochs of 4").waitFor(LONG);
      await page.getByAltText(/after epoch 4: MR, synthetic CT/).waitFor();
      await accessible(page);
      await tabTo(page, button(page, "Save the model"));
      const [kept] = await Promise.all([page.waitForEvent("download", LONG), page.keyboard.press("Enter")]);
      const whole = await readFile(await kept.path());
      await tabTo(page, page.getByRole("slider", { name: "Epoch" }));
      await page.keyboard.press("ArrowLeft");
      await page.getByAltText(/after epoch 3: MR, synthetic CT/).waitFor();

      const tab = await anotherTab(page);
      await fill(page, { ...HEADS, Name: "broken" });
      await button(page, "Begin training").click();
      await page
        .getByTestId("now")
        .getByText(/^Epoch [23]/)
        .waitFor(LONG);
      await page.close(); // in the middle of an epoch
      await tab.reload();
      await button(tab, "broken").click();
      await stands(tab)
        .getByText(/^Paused, after [1-3] epochs? of 4/)
        .waitFor(LONG);
      const zipped = await readFile(await (await saved(tab, "Save the run folder")).path());
      await button(tab, "Go on").click();
      await stands(tab).getByText("Done, after 4 epochs of 4").waitFor(LONG);
      const broken = await readFile(await (await saved(tab, "Save the model")).path());
      expect(withoutTimes(broken)).toEqual(withoutTimes(whole));

      // The folder of the closed tab, as Node goes on with it.
      for (const [path, bytes] of Object.entries(unzipSync(zipped))) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
      const node = await midashIn(folder, ["train", "phantom", "--out", "broken", "--resume"]);
      expect(node.err.replaceAll(/^checking cases .*\n/gm, "")).toBe(""); // said where a machine is slow
      const continued = await readFile(join(folder, "broken/model.safetensors"));
      expect(withoutTimes(continued).tensors).toEqual(withoutTimes(whole).tensors);
      const { inputs, ct } = await phantomSubject({
        seed: 1,
        subject: 1,
        shape: [48, 56, 44],
        spacing: [4, 4, 4],
      });
      const synthesizer = new Synthesizer(decodeModel(whole), { backend: wasm() });
      const { sct } = await synthesizer.run(inputs.t1!);
      expect(sct.shape).toEqual(ct.shape);
      synthesizer.dispose();

      // And the page shows that folder, which Node wrote to.
      await tab.getByTestId("run-folder").setInputFiles(join(folder, "broken"));
      await tab.getByText("A folder of this computer: it is shown, not changed.").waitFor();
      await stands(tab).getByText("Done, after 4 epochs of 4").waitFor();
      await tab.getByAltText(/after epoch 4/).waitFor();
      await tab.getByText("Settings and versions").click();
      await tab
        .getByText(/Node \d+\./)
        .first()
        .waitFor();
      await accessible(tab);

      await button(tab, "Delete broken").click();
      await button(tab, "Yes, delete broken").click();
      await expect.poll(() => button(tab, "broken").count()).toBe(0);
      await button(tab, "Keep a copy in this browser").click();
      await button(tab, "Save the model").waitFor(LONG);
      const copy = await readFile(await (await saved(tab, "Save the model")).path());
      expect(copy).toEqual(continued);
      expect(wrong).toEqual([]);
      await tab.context().close();
    },
    LONG.timeout,
  );

  test(
    "own pairs: learnt from, paused, and gone on with only when the same files are given again; a full storage is said",
    async () => {
      const names: string[] = [];
      for (const subject of [0, 1]) {
        const { inputs, ct } = await phantomSubject({
          seed: 0,
          subject,
          shape: [32, 32, 8],
          spacing: [6, 6, 18],
        });
        for (const [what, volume] of [
          ["mr", inputs.t1!],
          ["ct", ct],
        ] as const) {
          const path = join(folder, `p${subject}_${what}.nii.gz`);
          await writeFile(path, await encodeVolume(volume, { format: "nifti", gzip: true }));
          names.push(path);
        }
      }
      const { page, wrong } = await openDashboard(chromium, dashboard.origin);
      await openTraining(page);
      await page.getByRole("radio", { name: "My own pairs" }).check();
      await button(page, "Begin training").click();
      await page.getByRole("alert").getByText("Choose pairs of MR and CT first.").waitFor();
      await page.getByTestId("pairs").setInputFiles(names.slice(0, 1));
      await button(page, "Begin training").click();
      await page
        .getByRole("alert")
        .getByText(/no pair of MR and CT among them: p0 has no CT/)
        .waitFor(LONG);
      await page.getByTestId("pairs").setInputFiles(names);
      await page.getByLabel("Voxel size").selectOption("0");
      await fill(page, { Epochs: "400", "Steps an epoch": "20", Name: "pairs" });
      await button(page, "Begin training").click();
      await page
        .getByTestId("now")
        .getByText(/^Epoch [2-9]/)
        .waitFor(LONG);
      const other = await anotherTab(page);
      await button(other, "pairs").click();
      await other.getByText("Another tab trains it now").waitFor();
      expect(await button(other, "Choose the same pairs and go on").isDisabled()).toBe(true);
      await other.close();
      await button(page, "Pause").click();
      await stands(page)
        .getByText(/^Paused, after \d+ epochs? of 400/)
        .waitFor(LONG);
      await accessible(page);
      const others = [...names.slice(0, 2), names[2]!, join(folder, "other/p1_ct.nii.gz")];
      await mkdir(join(folder, "other"));
      await copyFile(names[1]!, others[3]!);
      await page.getByTestId("same-pairs").setInputFiles(others);
      await page
        .getByRole("alert")
        .getByText(/the data has changed since/)
        .waitFor(LONG);
      await page.getByTestId("same-pairs").setInputFiles(names);
      await page.getByTestId("now").getByText("Epoch").waitFor(LONG);

      const session = await page.context().newCDPSession(page);
      const { usage } = await session.send("Storage.getUsageAndQuota", { origin: dashboard.origin });
      await session.send("Storage.overrideQuotaForOrigin", { origin: dashboard.origin, quotaSize: usage });
      await page
        .getByRole("alert")
        .getByText(/the browser's storage is full: .* MB are needed.*delete runs/)
        .waitFor(LONG);
      await session.send("Storage.overrideQuotaForOrigin", { origin: dashboard.origin });
      await page.getByTestId("same-pairs").setInputFiles(names);
      await page.getByTestId("now").getByText("Epoch").waitFor(LONG);
      await button(page, "Pause").click();
      await stands(page)
        .getByText(/^Paused/)
        .waitFor(LONG);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    LONG.timeout,
  );

  test(
    "after the first opening it needs no network: sample, synthetic CT, training; a new version waits until it is wanted",
    async () => {
      const context = await chromium.newContext();
      context.setDefaultTimeout(LONG.timeout);
      const page = await context.newPage();
      // In a folder of a server that sends no headers with pages, as GitHub Pages is.
      const served = await serve(dashboard.folder);
      const at = `${served.origin}/dist/index.html`;
      // Under the page's own policy, which other tests leave out for axe-core's sake.
      await page.addInitScript(() => {
        const blocked: string[] = [];
        Object.assign(globalThis, { blocked });
        document.addEventListener("securitypolicyviolation", (event) =>
          blocked.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`),
        );
      });
      await page.goto(at);
      await page.getByTestId("offline").getByText("works without network").waitFor();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await context.setOffline(true);
      await page.reload();
      await page.getByText("Computes on").waitFor();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true); // the kept files come with the headers
      await button(page, "Try the sample").click();
      await button(page, "Make a synthetic CT").click();
      await page.getByRole("heading", { name: "Synthetic CT" }).waitFor();
      await page.getByText("Charts", { exact: true }).click();
      await page.locator(".chart canvas").first().waitFor();
      await page.getByText("In three dimensions").click();
      await expect.poll(() => bright(page.getByTestId("solid")), LONG).toBeGreaterThan(500);
      await openTraining(page);
      await fill(page, { ...HEADS, Epochs: "1", "Steps an epoch": "2" });
      await button(page, "Begin training").click();
      await stands(page).getByText("Done, after 1 epoch of 1").waitFor();
      expect(await page.evaluate(() => (globalThis as unknown as { blocked: string[] }).blocked)).toEqual([]);
      await context.setOffline(false);

      const script = join(dashboard.folder, "dist/sw.js");
      const before = await readFile(script, "utf8");
      await writeFile(script, before.replace(/"version":"/, '"version":"next '));
      await page.reload();
      await button(page, "Use it now").waitFor();
      await Promise.all([page.waitForEvent("load"), button(page, "Use it now").click()]);
      await page.getByTestId("offline").waitFor({ state: "attached" });
      expect(await page.evaluate(() => caches.keys())).toEqual([expect.stringMatching(/^midash next /)]);
      await writeFile(script, before);
      await context.close();
      served.close();
    },
    LONG.timeout,
  );

  test(
    "serve.mjs: headers, types, compression; nothing but the page; a port in use and wrong options in one line",
    async () => {
      const script = join(dashboard.folder, "serve.mjs");
      const port = await freePort();
      const server = await started([script, "--no-build", "--port", String(port)], /Ctrl-C ends it/);
      const ask = (path: string, options: RequestOptions = {}) => answerOf({ port, path, ...options });
      const home = await ask("/", { headers: { "accept-encoding": "gzip" } });
      expect(home.status).toBe(200);
      expect(home.headers).toMatchObject({
        "content-type": expect.stringMatching(/^text\/html/),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "content-security-policy": expect.stringMatching(/^default-src 'self';.*frame-ancestors 'none'$/),
        "x-content-type-options": "nosniff",
      });
      const asset = /assets\/index-[\w-]+\.js/.exec(home.text)![0];
      const js = await ask(`/${asset}`, { headers: { "accept-encoding": "gzip" } });
      expect(js.headers).toMatchObject({
        "content-type": expect.stringMatching(/javascript/),
        "content-encoding": "gzip",
        "cross-origin-embedder-policy": "require-corp",
      });
      const again = await ask(`/${asset}`, { headers: { "if-none-match": String(js.headers.etag) } });
      expect([again.status, again.text]).toEqual([304, ""]);
      const head = await ask("/sample.nii.gz", { method: "HEAD" });
      expect([head.status, head.text]).toEqual([200, ""]);
      expect((await ask("/manifest.webmanifest")).headers["content-type"]).toMatch(/manifest\+json/);
      for (const path of [
        "/../package.json",
        "/%2e%2e/package.json",
        "/..%2fpackage.json",
        "/..%5cpackage.json",
        "/assets/..%2f..%2fserve.mjs",
      ]) {
        const { status, text } = await ask(path);
        expect(status === 200 && /midash-dashboard|parseArgs/.test(text), path).toBe(false);
      }
      const second = await ended([script, "--no-build", "--port", String(port)]);
      expect(second).toEqual({
        code: 1,
        said: `port ${port} is in use: give another by --port, e.g. --port ${port + 1}\n`,
      });
      expect(await ended([script, "--port", "0"])).toEqual({
        code: 2,
        said: expect.stringMatching(/^--port: 0 is no port.*\n$/),
      });
      expect((await ended([script, "--prot", "1"])).said).toMatch(/^Unknown option '--prot'[^\n]*\n$/);
      server.child.kill("SIGINT");
      expect(await server.ended).toBe(0);
    },
    LONG.timeout,
  );
});

async function ended(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { child, said, ended: code } = await started(args, /\n/);
  child.stdout?.resume();
  return { code: await code, said: said() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** As it is asked, with a path that `fetch` would straighten. */
function answerOf(
  options: RequestOptions,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "localhost", ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        const bytes = Buffer.concat(chunks);
        const text = (
          headers["content-encoding"] === "gzip" && bytes.length > 0 ? gunzipSync(bytes) : bytes
        ).toString();
        resolve({ status: statusCode, headers, text });
      });
    })
      .on("error", reject)
      .end();
  });
}
