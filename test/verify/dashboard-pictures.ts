/**
 * Takes the pictures of docs/guides/dashboard.md anew, of the page's own sample. Needs `npm run build`, and a quiet machine: the pictures show how long it took.
 *
 *   npm run verify:dashboard-pictures            into docs/images
 *   npm run verify:dashboard-pictures -- --out DIR
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "../support/browser.ts";
import { buildDashboard, button, LONG } from "../support/dashboard.ts";
import { root } from "../support/pack.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "docs/images") } } });
const out = resolve(values.out);
await mkdir(out, { recursive: true });
const dashboard = await buildDashboard();
const chromium = await launchBrowser();
try {
  const context = await chromium.newContext({ viewport: { width: 1400, height: 1000 } });
  context.setDefaultTimeout(3 * LONG.timeout);
  const page = await context.newPage();
  const take = async (name: string) => {
    await page.waitForTimeout(1500); // what moves has come to rest
    await page.screenshot({ path: join(out, `dashboard-${name}.png`) });
    process.stdout.write(`${join(out, `dashboard-${name}.png`)}\n`);
  };
  await page.goto(`${dashboard.origin}/index.html?isolated`);
  await button(page, "Try the sample").click();
  await button(page, "Make a synthetic CT").click();
  await page.getByText("A first look at the synthetic CT").waitFor();
  await take("first-look");
  await page.getByRole("heading", { name: "Synthetic CT" }).waitFor();
  await page.getByRole("radio", { name: "Tissues" }).check();
  await take("light");

  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("radio", { name: "None" }).check();
  await page.getByText("In three dimensions").click();
  await page.waitForTimeout(4000); // NiiVue loads and draws
  await page.getByTestId("solid").evaluate((solid) => solid.scrollIntoView({ block: "end" }));
  await take("dark");

  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => scrollTo(0, 0));
  await take("phone");
} finally {
  await chromium.close();
  await dashboard.close();
}
