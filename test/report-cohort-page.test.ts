/** A cohort's report as a reader meets it: in Chromium, from disk, by keyboard, in light and dark, checked by axe-core. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareCohorts, summariseCohort } from "../src/evaluation/cohort/index.ts";
import { cohortReportHtml } from "../src/evaluation/report/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { goldenCohort, scoredCase } from "./support/cohort-results.ts";
import { HOSTILE, reportCase } from "./support/report-cases.ts";
import { axeFindings, openPage } from "./support/report-page.ts";

const missing = browserPath() === undefined;

describe.skipIf(missing)(
  `a cohort's report in a browser${missing ? ` (skipped: ${NO_BROWSER})` : ""}`,
  () => {
    let browser: Browser;
    let folder = "";
    beforeAll(async () => {
      browser = await launchBrowser();
      folder = await mkdtemp(join(tmpdir(), "midash-cohort-report-"));
      const worst = scoredCase(HOSTILE, { mae: 300, psnr: Number.POSITIVE_INFINITY });
      const a = summariseCohort([
        ...goldenCohort("a").scored,
        { ...worst, note: HOSTILE },
        {
          status: "failed",
          id: `lost ${HOSTILE}`,
          kind: "io",
          reason: HOSTILE,
          error: { kind: "io", what: HOSTILE },
        },
      ]);
      const b = goldenCohort("b");
      const text = await cohortReportHtml(
        {
          title: HOSTILE,
          models: [
            { name: `model ${HOSTILE}`, cohort: a },
            { name: "model b", cohort: b },
          ],
          comparison: compareCohorts(a, b),
          volumes: (id) => reportCase(id, 3),
          notes: [HOSTILE],
        },
        { worst: 2 },
      );
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
        expect(passes).toBeGreaterThan(25);
        expect(found).toEqual([]);
        await page.context().close();
      });

    it("fetches nothing, runs nothing that a name holds, and is never wider than a narrow window", async () => {
      const { page, wrong } = await open({ viewport: { width: 360, height: 800 } });
      expect(await page.evaluate("window.hacked")).toBeUndefined();
      expect(wrong).toEqual([]);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0);
      await page.context().close();
    });

    it("every chart has words, and a table that opens by keyboard in the same section", async () => {
      const { page } = await open({});
      const charts = await page.locator("svg.chart").evaluateAll((all) =>
        all.map((chart) => ({
          label: chart.getAttribute("aria-label") ?? "",
          tables: chart.closest("section")?.querySelectorAll("table").length ?? 0,
        })),
      );
      // 5 box plots, 3 of paired differences, 2 Bland-Altman, 1 joint histogram; each in two sizes.
      expect(charts).toHaveLength(22);
      for (const { label, tables } of charts) {
        expect(label).toMatch(/\d/);
        expect(tables).toBeGreaterThan(0);
      }
      const summaries = page.locator("summary");
      for (let n = 0; n < (await summaries.count()); n++) {
        const details = summaries.nth(n).locator("xpath=..");
        await summaries.nth(n).focus();
        await page.keyboard.press("Enter");
        expect(await details.evaluate((one) => (one as HTMLDetailsElement).open)).toBe(true);
        await page.keyboard.press("Tab"); // the table scrolls by keyboard
        if (await details.locator("label.all").count()) {
          expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("checkbox"); // "Show all ..." of a long one comes first
          await page.keyboard.press("Tab");
        }
        expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("region");
      }
      await page.context().close();
    });

    it("words in charts stay inside them", async () => {
      for (const width of [360, 700, 1280]) {
        const { page } = await open({ viewport: { width, height: 800 } });
        const outside = await page.locator("svg.chart").evaluateAll((all) =>
          all.flatMap((chart) => {
            const frame = chart.getBoundingClientRect();
            return Array.from(chart.querySelectorAll("text")).flatMap((text) => {
              const box = text.getBoundingClientRect();
              const out = box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1);
              return out ? [`${text.textContent}`] : [];
            });
          }),
        );
        expect(outside, `${width} pixels`).toEqual([]);
        await page.context().close();
      }
    });
  },
);
