/** The dashboard of examples/, built by its own Vite config and used as a person would. Needs `npm run build`. */
import { mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { decode } from "fast-png";
import type { Browser, Download, Locator, Page } from "playwright-core";
import { build } from "vite";
import { root } from "./pack.ts";
import { pageProject, removeProject, type Served, serve } from "./page-bundles.ts";

/** No step fails because a machine is busy. */
export const LONG = { timeout: 500_000 };

/** The built page on a server of its own. */
export interface Dashboard {
  /** Of the example's copy; the built page is in `dist`. */
  readonly folder: string;
  readonly origin: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function buildDashboard(): Promise<Dashboard> {
  const folder = await pageProject(join(root, "examples/dashboard"));
  const { devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(devDependencies)) {
    const place = join(folder, "node_modules", name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, "node_modules", name), place, "junction");
  }
  // Vitest says "test", by which Vite would build what is developed, not what is served: without its service worker.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  try {
    await build({ root: folder, configFile: join(folder, "vite.config.ts"), logLevel: "error" });
  } finally {
    process.env.NODE_ENV = NODE_ENV;
  }
  const asked: string[] = [];
  const served: Served = await serve(join(folder, "dist"), asked);
  return {
    folder,
    origin: served.origin,
    asked,
    async close() {
      served.close();
      await removeProject(folder);
    },
  };
}

/**
 * What a page asked for, as it goes over the line: `first` until it can be used and has nothing to do, which is when its service worker begins; `kept` what that one asks for
 * afterwards, for use without network. Of a page that was opened with an empty `asked`, and does nothing meanwhile.
 */
export async function firstLoad({ folder, asked }: Dashboard, page: Page) {
  await page.getByText("works without network").waitFor();
  const begin = asked.indexOf("/sw.js");
  if (begin < 0) throw new Error("there was no service worker");
  const sizesOf = async (paths: readonly string[]) => {
    const sizes = new Map<string, number>();
    for (const path of new Set(paths)) {
      const bytes = await readFile(join(folder, "dist", path)).catch(() => undefined);
      if (bytes) sizes.set(path, gzipSync(bytes).length);
    }
    return sizes;
  };
  return { first: await sizesOf(asked.slice(0, begin)), kept: await sizesOf(asked.slice(begin)) };
}

/** How a page is opened. */
export interface OpenOptions {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** Default true: the headers that give a page all cores. */
  readonly isolated?: boolean;
}

/** The page, and what it should not have done: errors, and requests that leave this computer. */
export async function openDashboard(chromium: Browser, origin: string, options: OpenOptions = {}) {
  const { scheme = "light", width = 1400, height = 900, isolated = true } = options;
  const context = await chromium.newContext({
    bypassCSP: true, // axe-core comes in as a script
    colorScheme: scheme,
    viewport: { width, height },
  });
  context.setDefaultTimeout(LONG.timeout);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) wrong.push(request.url());
  });
  await page.goto(`${origin}/index.html${isolated ? "?isolated" : ""}`);
  await page.getByText("Computes on").waitFor();
  return { page, wrong };
}

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Goes on with the Tab key until something has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let n = 0; n < 80; n++) {
    if (await target.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the Tab key does not reach ${target}`);
}

/** What the page gives when a button is pressed. */
export async function saved(page: Page, name: string): Promise<Download> {
  return (await Promise.all([page.waitForEvent("download", LONG), button(page, name).click()]))[0];
}

/** Pixels of what is seen of a place that are no black. */
export async function bright(place: Locator): Promise<number> {
  const { data, channels } = decode(await place.screenshot());
  return data.filter((value, n) => n % channels === 0 && value > 60).length;
}

/** Pixels of a plane that are bright. */
export const lit = (page: Page, axis: string) =>
  page.getByTestId(axis).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, n) => n % 4 === 0 && value > 128).length;
  });
