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
      const path = request.url === "/" ? "/index.html" : request.url!;
      const place = Object.keys(places).find((prefix) => path.startsWith(prefix))!;
      try {
        const bytes = await readFile(join(places[place]!, path.slice(place.length)));
        response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
        response.end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    chromium = await launchBrowser();
    page = await chromium.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await page.route(
      (url) => url.origin !== origin,
      (route) => {
        elsewhere.push(route.request().url());
        return route.abort();
      },
    );
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => "road" in globalThis);
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

  test.each(["wasm", "cpu"] as const)(
    "trains two steps and synthesises on %s, as Node does",
    async (name) => {
      const inPage = (await page.evaluate(
        (backend) =>
          (globalThis as unknown as { road(name: string, paths: string): Promise<unknown> }).road(
            backend,
            "/wasm/",
          ),
        name,
      )) as Road;
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
    },
  );

  test("asks nothing of the network, and throws nothing on the side", () => {
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
  });
});
