/** A report as a reader meets it: opened from disk in a browser, and checked by axe-core. */
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** Opens a page; anything that is fetched, and any error of its script, is noted. */
export async function openPage(
  browser: Browser,
  path: string,
  options: BrowserContextOptions,
): Promise<{ readonly page: Page; readonly wrong: string[] }> {
  const page = await (await browser.newContext(options)).newPage();
  const wrong: string[] = [];
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) wrong.push(request.url());
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => wrong.push(message.text()));
  await page.goto(pathToFileURL(path).href);
  return { page, wrong };
}

/**
 * What axe-core finds, all details open, and how many of its rules passed. The page must be opened with `bypassCSP`: axe is put into it by
 * a script, which its own policy forbids.
 */
export async function axeFindings(
  page: Page,
): Promise<{ readonly passes: number; readonly found: string[] }> {
  await page.evaluate(() => {
    for (const details of Array.from(document.querySelectorAll("details"))) details.open = true;
  });
  await page.evaluate(axe.source);
  const { passes, violations } = (await page.evaluate("axe.run()")) as {
    passes: unknown[];
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  const found = violations.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes[0]?.html}`);
  return { passes: passes.length, found };
}
