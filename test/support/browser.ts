import { existsSync } from "node:fs";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

/** Where Chromium or Chrome usually lies. `CHROME_PATH` comes first. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** Said by tests that are skipped because there is no browser. */
export const NO_BROWSER = "no Chromium found: install one, or set CHROME_PATH";

/** The executable of a Chromium on this machine; undefined where there is none. A wrong CHROME_PATH is an error. */
export function browserPath(): string | undefined {
  const chosen = process.env.CHROME_PATH;
  if (chosen && !existsSync(chosen)) throw new Error(`CHROME_PATH: no such file: ${chosen}`);
  return chosen || PLACES.find((path) => existsSync(path));
}

/** A headless Chromium. Close it when done. */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = browserPath();
  if (!executablePath) throw new Error(NO_BROWSER);
  // Chromium's own sandbox does not start for root, nor in most containers.
  return chromium.launch({ executablePath, ...options, args: ["--no-sandbox", ...(options.args ?? [])] });
}
