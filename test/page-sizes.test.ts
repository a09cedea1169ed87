/**
 * What a page loads of this package, gzipped. Counted is all JavaScript that arrives before anything is computed: our code, and the bundler's own. Not counted is what is
 * loaded later, when it is used: tfjs, the compiled binaries (ours and tfjs's, in base64), file formats' parsers, ONNX. Needs `npm run build`.
 */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";
import { type Rolldown, build as vite } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./support/pack.ts";

const ENGINES = ["@tensorflow/*"];
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "midash-sizes-")));
  await mkdir(join(folder, "node_modules/@midash"), { recursive: true });
  await symlink(root, join(folder, "node_modules/@midash/core"), "junction");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file of a bundle, and the files that it can't begin without. */
interface Built {
  readonly code: string;
  readonly needs: readonly string[];
}

const size = (files: Readonly<Record<string, Built>>, name: string, seen = new Set<string>()): number => {
  const file = files[name];
  if (!file || seen.has(name)) return 0; // an engine, or counted
  seen.add(name);
  const own = gzipSync(file.code, { level: 9 }).length;
  return file.needs.reduce((sum, needed) => sum + size(files, needed, seen), own);
};

async function byVite(code: string): Promise<number> {
  await writeFile(join(folder, "page.mjs"), code);
  const { output } = (await vite({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: join(folder, "page.mjs"), external: [/^@tensorflow\//] },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === "chunk");
  const files = chunks.map(({ fileName, code, imports }) => [fileName, { code, needs: imports }] as const);
  return size(Object.fromEntries(files), chunks.find(({ isEntry }) => isEntry)!.fileName);
}

/** @param splitting false is its default: one file, in which is all that could be loaded later too */
async function byEsbuild(code: string, splitting: boolean): Promise<number> {
  await writeFile(join(folder, "page.mjs"), code);
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: folder,
    entryPoints: ["page.mjs"],
    bundle: true,
    minify: true,
    splitting,
    format: "esm",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "error",
    external: ENGINES,
  });
  const files = Object.entries(metafile.outputs).map(([path, { imports }]) => {
    const code = outputFiles.find((file) => file.path === join(folder, path))!.text;
    const needs = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
    return [path, { code, needs }] as const;
  });
  return size(Object.fromEntries(files), "out/page.js");
}

test("one Volume: 1.5 kB", async () => {
  const code = 'import { Volume } from "@midash/core"; console.log(Volume);';
  const [vite, esbuild] = [await byVite(code), await byEsbuild(code, false)];
  console.log(`Volume: Vite ${vite}, esbuild ${esbuild} bytes`);
  expect(vite).toBeGreaterThan(1000); // it is there
  expect(vite).toBeLessThanOrEqual(1500);
  expect(esbuild).toBeLessThanOrEqual(1560);
});

test("synthesis on wasm, before the engine: 60 kB", async () => {
  const code = `
    import { decodeModel, Synthesizer } from "@midash/core";
    import { wasm } from "@midash/core/backends/wasm";
    console.log(Synthesizer, decodeModel, wasm);`;
  const [vite, esbuild] = [await byVite(code), await byEsbuild(code, true)];
  console.log(`synthesis: Vite ${vite}, esbuild ${esbuild} bytes`);
  expect(vite).toBeGreaterThan(40_000);
  expect(vite).toBeLessThanOrEqual(60_000);
  expect(esbuild).toBeLessThanOrEqual(63_700);
});

test("the page's side of the worker: 10 kB", async () => {
  const code = 'import { openWorker } from "@midash/core/worker"; console.log(openWorker);';
  const esbuild = await byEsbuild(code, true);
  console.log(`openWorker: esbuild ${esbuild} bytes`);
  expect(esbuild).toBeLessThanOrEqual(10_000);
});
