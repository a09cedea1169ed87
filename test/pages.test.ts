/**
 * Pages with this package: bundled by Vite, webpack 5 and esbuild out of a strict (pnpm's) node_modules, and run in Chromium, cross-origin isolated and not; and each thing that
 * can go wrong there, with the one clear outcome it has. Needs `npm run build`.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeModel, encodeVolume, phantomDataset, Slicer, Trainer, UNet } from "../src/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { browserPath, launchBrowser, NO_BROWSER } from "./support/browser.ts";
import { root } from "./support/pack.ts";
import {
  BUNDLERS,
  pageProject,
  removeProject,
  type Said,
  type Served,
  serve,
} from "./support/page-bundles.ts";

/** An answer of test/fixtures/page/page.mjs. */
interface Answer {
  readonly [name: string]: unknown;
  readonly error?: { readonly kind: string };
  readonly message?: string;
}
type Method = "supports" | "open" | "synthesize" | "worker" | "cancel" | "node" | "dicom" | "volume";

const browser = browserPath();
const names = Object.keys(BUNDLERS);

describe.skipIf(!browser)(`pages${browser ? "" : ` (skipped: ${NO_BROWSER})`}`, () => {
  let folder: string;
  let served: Served;
  let chromium: Browser;
  const said: Record<string, Said> = {};
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await pageProject(join(root, "test/fixtures/page"));
    const dataset = phantomDataset({
      subjects: { train: 1, validation: 1, test: 1 },
      shape: [24, 28, 20],
      spacing: [8, 8, 8],
      seed: 7,
    });
    const trainer = new Trainer({
      model: UNet({ baseFilters: 4, levels: 2 }),
      backend: wasm({ threads: 1 }),
      sampler: Slicer.slices({ axis: "axial", size: [32, 24] }),
      epochs: 1,
      stepsPerEpoch: 1,
      seed: 7,
    });
    for await (const _ of trainer.fit(dataset));
    await writeFile(join(folder, "model.safetensors"), encodeModel(trainer.result()));
    const mr = await dataset.test[0]!.inputs.t1!.load();
    await writeFile(join(folder, "mr.nii.gz"), await encodeVolume(mr, { format: "nifti", gzip: true }));
    for (const name of names) said[name] = await BUNDLERS[name]!(folder);
    served = await serve(folder, asked);
    chromium = await launchBrowser();
  });

  afterAll(async () => {
    await chromium?.close();
    served?.close();
    if (folder) await removeProject(folder);
  });

  /** A page of its own, so that no engine runs there yet. @param prepare runs before the page's scripts */
  async function ask(
    bundler: string,
    method: Method,
    options?: unknown,
    { query = "", prepare }: { readonly query?: string; readonly prepare?: string } = {},
  ): Promise<Answer> {
    const page: Page = await chromium.newPage();
    try {
      if (prepare) await page.addInitScript(prepare);
      await page.goto(`${served.origin}/${bundler}/index.html${query}`);
      await page.waitForFunction(() => "page" in globalThis);
      return await page.evaluate(
        ([method, options]) =>
          (globalThis as unknown as { page: Record<string, (options: unknown) => Promise<Answer>> }).page[
            method
          ]!(options),
        [method, options] as const,
      );
    } finally {
      await page.close();
    }
  }

  const SCT = { unit: "HU", shape: [24, 28, 20], backend: "wasm", sum: expect.any(Number) };

  describe.each(names)("%s, pnpm's layout", (name) => {
    test("bundles without a warning, but for optional packages that are absent", () => {
      const others = said[name]!.warnings.filter((what) => !/Can't resolve 'dcmjs-codecs'/.test(what));
      expect(others).toEqual([]);
    });

    test("computes in the page and in a worker, isolated and not, with no file to copy", async () => {
      asked.length = 0;
      const inPage = await ask(name, "synthesize", {});
      expect(inPage).toEqual({ ...SCT, passedOver: [] });
      expect(asked.filter((path) => path.endsWith(".wasm"))).toEqual([]);
      expect(await ask(name, "open", { threads: 2 })).toBe(1);
      expect(await ask(name, "open", { threads: 2 }, { query: "?isolated" })).toBe(2);
      for (const query of ["", "?isolated"]) {
        const { progress, ...inWorker } = await ask(name, "worker", {}, { query });
        expect(inWorker, query).toEqual({
          ...inPage,
          classes: ["air", "fat", "soft", "bone"],
          image: [24, 20, 4 * 24 * 20],
        });
        expect((progress as number[]).at(-1), query).toBe(1);
      }
    });

    test("@midash/core/node names the page's own way; DICOM is read without the optional codecs", async () => {
      expect(await ask(name, "node")).toMatchObject({
        error: { kind: "unsupported" },
        message:
          "readVolume of @midash/core/node: needs Node's files, and this is a page; in a page: decodeVolume(bytes) of @midash/core",
      });
      // What is no DICOM but says so is refused by the parser, which was loaded.
      expect(await ask(name, "dicom")).toMatchObject({ error: { kind: "invalid-file" } });
    });
  });

  test("cancelling stops the worker's work, and the worker stays", async () => {
    const { cancelled, again } = await ask("vite", "cancel");
    expect(cancelled).toMatchObject({ error: { kind: "aborted" } });
    expect(again).toMatchObject(SCT);
  });

  describe("each failure has one clear outcome", () => {
    const HINT = /; set paths to where the page serves .*, or leave paths out/;
    const file = "tfjs-backend-wasm-simd.wasm";

    test("binaries that the page serves itself are taken", async () => {
      expect(await ask("vite", "supports", { paths: "/wasm/" })).toBe(true);
      expect(await ask("vite", "open", { paths: "/wasm/" })).toBe(1);
      expect(await ask("vite", "worker", { wasm: { paths: "/wasm/" }, backend: "wasm" })).toMatchObject(SCT);
    });

    test.each([
      ["a wrong path", "/missing/", "not-found", "HTTP status 404, MIME type text/plain"],
      [
        "a missing binary",
        { [file]: "/wasm/other.wasm" },
        "not-found",
        "HTTP status 404, MIME type text/plain",
      ],
      ["a page instead of a binary", "/fallback/", "invalid-file", "HTTP status 200, MIME type text/html"],
      ["no server", "http://127.0.0.1:9/", "io", "can't be fetched"],
    ])(
      "%s: supports() says so, open() throws it, with URL, status and MIME type",
      async (_, paths, kind, what) => {
        const url = typeof paths === "string" ? paths + file : paths[file]!;
        const opened = await ask("vite", "open", { paths });
        expect(opened).toMatchObject({ error: { kind, where: { call: "wasm", option: "paths" } } });
        for (const text of [opened.message, (await ask("vite", "supports", { paths })).reason]) {
          expect(text).toContain(`the WebAssembly at ${url} `);
          expect(text).toContain(what);
          expect(text).toMatch(HINT);
        }
        const { message } = await ask("vite", "synthesize", { paths });
        expect(message).toContain(`wasm: the WebAssembly at ${url} `);
        // A worker that may choose goes on with cpu, and says why.
        const worker = await ask("vite", "worker", { wasm: { paths } });
        expect(worker).toMatchObject({ ...SCT, backend: "cpu" });
        expect(worker.passedOver).toMatchObject([{ backend: "wasm", reason: expect.stringContaining(what) }]);
      },
    );

    const NO_WASM = "delete globalThis.WebAssembly";
    test("no WebAssembly: auto computes on cpu and says why", async () => {
      expect(await ask("vite", "supports", {}, { prepare: NO_WASM })).toEqual({
        reason: "this JavaScript engine has no WebAssembly",
      });
      const auto = await ask("vite", "synthesize", "auto", { prepare: NO_WASM });
      expect(auto).toMatchObject({ ...SCT, backend: "cpu" });
      expect(auto.passedOver).toContainEqual({
        backend: "wasm",
        reason: "this JavaScript engine has no WebAssembly",
      });
    });

    test("a policy that forbids compiling: auto computes on cpu and says why", async () => {
      const query = `?policy=${encodeURIComponent("script-src 'self'")}`;
      const auto = await ask("vite", "synthesize", "auto", { query });
      expect(auto).toMatchObject({ ...SCT, backend: "cpu" });
      expect(JSON.stringify(auto.passedOver)).toContain("script-src 'wasm-unsafe-eval'");
    });

    test("a policy that forbids workers: openWorker says so, the page itself computes, on one thread", async () => {
      const policy = "worker-src 'none'";
      const query = `?isolated&policy=${encodeURIComponent(policy)}`;
      const worker = await ask("vite", "worker", {}, { query });
      expect(worker).toMatchObject({ error: { kind: "unsupported" } });
      expect(worker.message).toBe(
        `openWorker: the page's Content-Security-Policy forbids its worker: ${policy}; allow it (worker-src 'self'), or compute in the page itself: Synthesizer, HeadPipeline`,
      );
      expect(await ask("vite", "open", { threads: 2 }, { query })).toBe(1);
    });

    test("a worker's script that is not there: openWorker says so", async () => {
      const prepare = 'globalThis.WORKER_SCRIPT = "/missing/worker.js"';
      const worker = await ask("vite", "worker", {}, { prepare });
      expect(worker).toMatchObject({ error: { kind: "io", where: { call: "openWorker" } } });
      expect(worker.message).toMatch(
        /its worker failed: its script did not load; .*@midash\/core\/worker\/script/,
      );
    });

    test("no SharedArrayBuffer: one thread, the same numbers", async () => {
      const prepare = "delete globalThis.SharedArrayBuffer";
      expect(await ask("vite", "open", { threads: 2 }, { prepare, query: "?isolated" })).toBe(1);
      const { sum } = await ask("vite", "synthesize", {}, { prepare, query: "?isolated" });
      expect(sum).toBe((await ask("vite", "synthesize", {})).sum);
    });

    test("a hidden tab: the worker goes on, whatever the page's timers do", async () => {
      // Headless Chromium hides no tab. What hiding does to a page is done to it: its timers come once a minute.
      const prepare = `
        Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
        const later = setTimeout;
        globalThis.setTimeout = (work, ms, ...values) => later(work, Math.max(ms ?? 0, 60_000), ...values);
        globalThis.setInterval = (work, ms, ...values) => later(work, Math.max(ms ?? 0, 60_000), ...values);`;
      const started = performance.now();
      expect(await ask("vite", "worker", {}, { prepare })).toMatchObject(SCT);
      expect(performance.now() - started).toBeLessThan(55_000);
    });
  });
});
