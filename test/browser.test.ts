/**
 * The built package in a real browser: a page bundled by vite, as a user's would be, trains two steps and synthesises, and
 * must come to Node's numbers, bit for bit: the wasm binary is the same, and so is V8's arithmetic so far. Needs
 * `npm run build` first; skipped where there is no Chromium.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { builtinModules } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** What the page offers. */
interface PageApi {
  road(name: string, paths: string): Promise<Road>;
  threads(paths: string): Promise<number>;
}

/** What test/fixtures/browser/road.mjs gives. */
interface Road {
  readonly backend: string;
  readonly losses: readonly number[];
  readonly unit: string;
  readonly shape: readonly number[];
  readonly mr: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly sct: readonly number[];
}

const browser = browserPath();

describe.skipIf(!browser)(`the package in a browser${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let server: Server;
  let chromium: Browser;
  let page: Page;
  let isolated: Page;
  const builtins: { readonly id: string; readonly importer: string | undefined }[] = [];
  const modules: string[] = [];
  const imports: string[] = [];
  const elsewhere: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    // A user's project, with this package in its node_modules.
    folder = await realpath(await mkdtemp(join(tmpdir(), "midash-browser-")));
    await cp(join(root, "test/fixtures/browser"), folder, { recursive: true });
    await mkdir(join(folder, "node_modules/@midash"), { recursive: true });
    await symlink(root, join(folder, "node_modules/@midash/core"), "junction");
    await build({
      root: folder,
      configFile: false,
      logLevel: "error",
      plugins: [
        {
          name: "what-is-bundled",
          enforce: "pre",
          resolveId(id, importer) {
            if (builtinModules.includes(id.replace(/^node:/, ""))) builtins.push({ id, importer });
          },
          generateBundle(_, bundle) {
            for (const chunk of Object.values(bundle))
              if (chunk.type === "chunk") {
                modules.push(...chunk.moduleIds);
                imports.push(...chunk.imports, ...chunk.dynamicImports);
              }
          },
        },
      ],
    });
    const places: Readonly<Record<string, string>> = {
      "/wasm/": join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist"),
      "/": join(folder, "dist"),
    };
    server = createServer(async (request, response) => {
      // A page that is isolated from other origins gets shared memory, and with it threads.
      const isolated = request.url === "/isolated";
      const path = request.url === "/" || isolated ? "/index.html" : request.url!;
      const place = Object.keys(places).find((prefix) => path.startsWith(prefix))!;
      try {
        const bytes = await readFile(join(places[place]!, path.slice(place.length)));
        response.writeHead(200, {
          "content-type": TYPES[extname(path)] ?? "application/octet-stream",
          ...(isolated && ISOLATION),
        });
        response.end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    chromium = await launchBrowser();
    [page, isolated] = await Promise.all([open(`${origin}/`), open(`${origin}/isolated`)]);

    async function open(address: string): Promise<Page> {
      const opened = await chromium.newPage();
      opened.on("pageerror", (error) => errors.push(error.message));
      await opened.route(
        (url) => url.origin !== origin && url.protocol !== "blob:",
        (route) => {
          elsewhere.push(route.request().url());
          return route.abort();
        },
      );
      await opened.goto(address);
      await opened.waitForFunction(() => "road" in globalThis);
      return opened;
    }
  });

  afterAll(async () => {
    await chromium?.close();
    server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("the package brings no Node built-in and no file of its Node side into the page", () => {
    const ours = modules.filter((id) => id.startsWith(join(root, "dist")));
    expect(ours.length).toBeGreaterThan(3);
    expect(ours.filter((id) => /dist\/(node|cli)\//.test(id))).toEqual([]);
    // Only tfjs and its seedrandom ask for built-ins, behind checks for Node; vite gives them an empty object.
    const guarded = /\/node_modules\/(@tensorflow\/tfjs-(core|backend-wasm)|seedrandom)\//;
    expect(builtins.filter(({ importer }) => !guarded.test(importer ?? ""))).toEqual([]);
    expect(imports.filter((id) => !/^assets\/[^/]+\.js$/.test(id))).toEqual([]);
  });

  const onPage = (page_: Page, name: string) =>
    page_.evaluate((backend) => (globalThis as unknown as PageApi).road(backend, "/wasm/"), name);

  test.each(["wasm", "cpu"] as const)(
    "trains two steps and synthesises on %s, as Node does",
    async (name) => {
      const inPage = await onPage(page, name);
      const script = `import { road } from "./road.mjs"; console.log(JSON.stringify(await road("${name}")));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module", "--eval", script],
        { cwd: folder, maxBuffer: 2 ** 26 },
      );
      const inNode = JSON.parse(stdout) as Road;

      expect(inPage.backend).toBe(name);
      expect(inPage.losses.length).toBe(2);
      expect(inPage.shape).toEqual([24, 28, 20]);
      expect(inPage.unit).toBe("HU");
      expect(new Set(inPage.sct).size).toBeGreaterThan(1000);
      expect(inPage).toEqual(inNode);
      if (name === "wasm") expect(await onPage(isolated, name)).toEqual(inNode);
    },
  );

  test("an isolated page has threads, another one thread", async () => {
    const threads = (page_: Page) =>
      page_.evaluate(() => (globalThis as unknown as PageApi).threads("/wasm/"));
    expect(await isolated.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await threads(isolated)).toBe(2);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await threads(page)).toBe(1);
  });

  test("asks nothing of the network, and throws nothing on the side", () => {
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
  });
});
