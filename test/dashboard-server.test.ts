/** The dashboard as the server of examples/ serves it: what is computed there comes into the same views. Needs `npm run build`. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeVolume, encodeVolume, phantomSubject } from "../src/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { buildDashboard, button, type Dashboard, LONG, openDashboard, saved } from "./support/dashboard.ts";
import { buildServer, newToken, type RunningServer, startServer } from "./support/server.ts";

const browser = browserPath();
const NAME = "Miller-T1.nii.gz";

describe.skipIf(!browser)(`the dashboard on a server${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let dashboard: Dashboard;
  let folder: string;
  let server: RunningServer;
  let token: string;

  beforeAll(async () => {
    [dashboard, folder] = await Promise.all([buildDashboard(), buildServer()]);
    token = await newToken(folder, "page");
    server = await startServer(folder, { MIDASH_DASHBOARD: join(dashboard.folder, "dist") });
    const { t1: mr } = (await phantomSubject({ shape: [48, 56, 48], spacing: [4, 4, 4], seed: 1 })).inputs;
    await writeFile(join(folder, NAME), await encodeVolume(mr!, { format: "nifti", gzip: true }));
  });
  afterAll(async () => {
    server?.child.kill("SIGKILL");
    await dashboard?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("computes there, under the strict policy, and leaves nothing behind; on a server of files it asks for nothing", async () => {
    const origin = `http://localhost:${server.port}`;
    const headers = { Authorization: `Bearer ${token}` };
    const jobs = async () =>
      ((await (await fetch(`${origin}/v1/jobs`, { headers })).json()) as { readonly jobs: unknown[] }).jobs;
    const index = await fetch(`${origin}/`);
    expect(index.headers.get("Content-Security-Policy")).toMatch(
      /default-src 'self';.*frame-ancestors 'none'/,
    );
    const chromium = await launchBrowser();
    try {
      const page = await (await chromium.newContext()).newPage();
      page.setDefaultTimeout(LONG.timeout);
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
      page.on("request", (request) => {
        if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
          wrong.push(request.url());
      });
      await page.goto(`${origin}/`);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.getByTestId("files").setInputFiles(join(folder, NAME));
      await page.getByRole("radio", { name: "On the server" }).check();
      await button(page, "Make a synthetic CT").click();
      await page.getByText("The server asks for a token").waitFor();
      await page.getByLabel("Token").fill(token);

      await button(page, "Make a synthetic CT").click();
      await page.getByText(/^(Waiting for the server|The server makes the synthetic CT)/).waitFor();
      await button(page, "Cancel").click();
      await page.getByText("Cancelled.").waitFor();
      await expect.poll(jobs, LONG).toEqual([]);

      const sent = page.waitForResponse(/files\/sct\.nii\.gz$/).then((response) => response.body());
      await button(page, "Make a synthetic CT").click();
      await page.getByRole("heading", { name: "Synthetic CT" }).waitFor();
      expect(await page.locator(".results p").first().textContent()).toMatch(/Made on the server \(\w+\)/);
      expect(
        await page.getByRole("table", { name: "Tissues, as the model sees them" }).textContent(),
      ).toMatch(/Grey matter\d/);
      const download = await saved(page, "Synthetic CT (NIfTI)");
      const found = (await decodeVolume(await readFile(await download.path()))).values();
      const expected = (await decodeVolume(await sent)).values();
      expect(found).toHaveLength(expected.length);
      expect(
        found.reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n]!)), 0),
      ).toBeLessThan(1);
      await expect.poll(jobs, LONG).toEqual([]);
      expect(wrong).toEqual([]);
      expect(server.said()).not.toMatch(/Miller|nii|fault/);

      const plain = await openDashboard(chromium, dashboard.origin);
      await plain.page.getByTestId("files").setInputFiles(join(folder, NAME));
      await button(plain.page, "Make a synthetic CT").waitFor();
      expect(await plain.page.getByRole("radio", { name: "On the server" }).count()).toBe(0);
      const { asked } = dashboard;
      const kept = asked.indexOf("/sw.js"); // from there on all files of the page are fetched, for use without network
      const needed = kept < 0 ? asked : asked.slice(0, kept);
      expect(needed.filter((path) => /choice/.test(path))).toEqual([]);
      expect(asked.filter((path) => /^\/(health|v1)/.test(path))).toEqual([]);
      expect(plain.wrong).toEqual([]);
    } finally {
      await chromium.close();
    }
  });
});
