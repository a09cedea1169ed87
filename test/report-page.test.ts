/** The report as a reader meets it: in Chromium, from disk, by keyboard, in light and dark, checked by axe-core. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../src/evaluation/report/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { HOSTILE, reportContent } from "./support/report-cases.ts";
import { axeFindings, openPage } from "./support/report-page.ts";

const missing = browserPath() === undefined;

describe.skipIf(missing)(`report.html in a browser${missing ? ` (skipped: ${NO_BROWSER})` : ""}`, () => {
  let browser: Browser;
  let folder = "";
  beforeAll(async () => {
    browser = await launchBrowser();
    folder = await mkdtemp(join(tmpdir(), "midash-report-"));
    const content = await reportContent();
    const [one, two] = content.cases;
    const text = await reportHtml({ ...content, notes: [HOSTILE], cases: [one!, { ...two!, id: HOSTILE }] });
    await writeFile(join(folder, "report.html"), text);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (options: BrowserContextOptions) => openPage(browser, join(folder, "report.html"), options);

  for (const colorScheme of ["light", "dark"] as const)
    it(`axe-core finds nothing, ${colorScheme}`, async () => {
      const { page } = await open({ colorScheme, bypassCSP: true });
      const { passes, found } = await axeFindings(page);
      expect(passes).toBeGreaterThan(30);
      expect(found).toEqual([]);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const brightness = Number(/\d+/.exec(background)![0]);
      expect(brightness > 128).toBe(colorScheme === "light");
      await page.context().close();
    });

  it("the slider moves by keyboard; images, numbers and the plot's cursor follow", async () => {
    const { page, wrong } = await open({});
    const first = page.locator("[data-case]").first();
    const state = async () => ({
      images: await first
        .locator("img")
        .evaluateAll((all) => all.map((image) => (image as HTMLImageElement).src)),
      where: await first.locator("[data-where]").textContent(),
      score: await first.locator("[data-score]").textContent(),
      cursor: await first.locator("[data-cursor]").first().getAttribute("transform"),
      alt: await first.locator("img").first().getAttribute("alt"),
    });
    const before = await state();
    expect(before.where).toBe("axial slice 6, z 0.0 mm");
    const slider = page.getByRole("slider", { name: "Slice" }).first();
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    const after = await state();
    expect(after.where).toBe("axial slice 7, z 5.0 mm");
    expect(await slider.getAttribute("aria-valuetext")).toBe(after.where);
    expect(after.alt).toBe("MR, axial slice 7, z 5.0 mm");
    for (const key of ["score", "cursor"] as const) expect(after[key], key).not.toBe(before[key]);
    after.images.forEach((source, n) => {
      expect(source).not.toBe(before.images[n]);
    });
    const width = await first
      .locator("img")
      .first()
      .evaluate((image) => (image as HTMLImageElement).naturalWidth);
    expect(width).toBe(20);
    await page.keyboard.press("Home");
    expect((await state()).where).toBe("axial slice 1, z −25.0 mm");
    await page.keyboard.press("ArrowLeft");
    expect((await state()).where).toBe("axial slice 1, z −25.0 mm");
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it("one case at a time, all of them in print and without scripts", async () => {
    const { page, wrong } = await open({});
    const visible = (p: Page) =>
      p.locator("[data-case]").evaluateAll((all) => all.map((e) => e.checkVisibility()));
    expect(await visible(page)).toEqual([true, false]);
    await page.getByRole("combobox", { name: "Case" }).selectOption("1");
    expect(await visible(page)).toEqual([false, true]);
    await page.emulateMedia({ media: "print" });
    expect(await visible(page)).toEqual([true, true]);
    expect(wrong).toEqual([]);
    await page.context().close();
    const { page: plain } = await open({ javaScriptEnabled: false });
    expect(await plain.getByRole("slider").count()).toBe(0);
    expect(await plain.getByAltText("CT, axial slice 6, z 0.0 mm", { exact: true }).count()).toBe(2);
    await plain.context().close();
  });

  it("names that look like HTML stay text", async () => {
    const { page } = await open({});
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(await page.locator("[data-case] h3").last().textContent()).toBe(HOSTILE);
    await page.context().close();
  });

  it("the theme can be chosen", async () => {
    const { page } = await open({ colorScheme: "dark" });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.getByRole("button", { name: "Light theme" }).click();
    const light = await background();
    expect(light).not.toBe(dark);
    await page.getByRole("button", { name: "Dark theme" }).click();
    expect(await background()).toBe(dark);
    await page.context().close();
  });

  it("is never wider than a narrow window", async () => {
    const { page } = await open({ viewport: { width: 360, height: 800 } });
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the results");
    await page.context().close();
  });
});
