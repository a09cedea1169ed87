import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./pack.ts";

/** Sources as Node runs them, threads included, which the sources alone are not: what a test imports, and scripts of threads in `node/`. */
export interface Bundle<T> {
  readonly api: T;
  readonly folder: string;
  remove(): Promise<void>;
}

/** @param entry from the repository's root: what it exports is the bundle's `api` */
export async function bundleNode<T>(entry: string, threads: readonly string[]): Promise<Bundle<T>> {
  await mkdir(join(root, ".bench"), { recursive: true }); // ignored, and within reach of node_modules
  const folder = await mkdtemp(join(root, ".bench", "threads-"));
  await build({
    absWorkingDir: root,
    entryPoints: {
      api: entry,
      ...Object.fromEntries(threads.map((name) => [`node/${name}`, `src/host/node/${name}.ts`])),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "error",
    loader: { ".safetensors": "base64" },
  });
  const api = (await import(pathToFileURL(join(folder, "api.js")).href)) as T;
  return { api, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
