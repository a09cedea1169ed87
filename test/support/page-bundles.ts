/**
 * A user's page with this package in its node_modules, laid out as pnpm does it: the package and what it depends on in a store of their own, so that nothing is found
 * by luck, and no optional package is there. Bundled as its users would, and served. Needs `npm run build`.
 */
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import webpack from "webpack";
import { root } from "./pack.ts";

/** Copies a page's folder out of the repository and puts the built package into it. @param optional peers that its user installed @returns the folder */
export async function pageProject(source: string, optional: readonly string[] = []): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "midash-page-")));
  await cp(source, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const store = join(folder, "node_modules/.pnpm/@midash+core@0.0.0/node_modules");
  const home = join(store, "@midash/core");
  await mkdir(home, { recursive: true });
  await cp(join(root, "dist"), join(home, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(home, "package.json"));
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), ...optional]) {
    await mkdir(dirname(join(store, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(store, name), "junction");
  }
  await mkdir(join(folder, "node_modules/@midash"), { recursive: true });
  await symlink(home, join(folder, "node_modules/@midash/core"), "junction");
  return folder;
}

/** What a bundler says while it bundles. */
export interface Said {
  readonly warnings: readonly string[];
}

const page = (scripts: string) => `<!doctype html><meta charset="utf-8" /><title>page</title>${scripts}`;

/** Bundlers, each at its defaults: `page.mjs` of `folder` into `folder/NAME`, with an index.html. */
export const BUNDLERS: Readonly<Record<string, (folder: string) => Promise<Said>>> = {
  async vite(folder) {
    const warnings: string[] = [];
    await vite({
      root: folder,
      base: "./",
      configFile: false,
      logLevel: "warn",
      build: { outDir: "vite", chunkSizeWarningLimit: 10_000, reportCompressedSize: false },
      customLogger: {
        info: () => undefined,
        warn: (what) => warnings.push(what),
        warnOnce: (what) => warnings.push(what),
        error: (what) => warnings.push(what),
        clearScreen: () => undefined,
        hasErrorLogged: () => false,
        hasWarned: false,
      },
    });
    return { warnings: warnings.filter((what) => !what.includes("PLUGIN_TIMINGS")) };
  },
  async webpack(folder) {
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      const settings: webpack.Configuration = {
        context: folder,
        mode: "production",
        entry: "./page.mjs",
        output: { path: join(folder, "webpack") },
        optimization: { minimize: false }, // the slowest part, which changes nothing here
        performance: { hints: false },
      };
      webpack(settings, (error, stats) => (stats ? resolve(stats) : reject(error)));
    });
    const { errors = [], warnings = [] } = stats.toJson({ all: false, errors: true, warnings: true });
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
    await writeFile(join(folder, "webpack/index.html"), page('<script defer src="main.js"></script>'));
    return { warnings: warnings.map(({ message }) => message) };
  },
  async esbuild(folder) {
    const { warnings } = await esbuild({
      absWorkingDir: folder,
      entryPoints: { page: "./page.mjs", worker: "@midash/core/worker/script" }, // it knows no new Worker(new URL(...))
      bundle: true,
      splitting: true,
      format: "esm",
      outdir: join(folder, "esbuild"),
      logLevel: "silent",
    });
    const script = '<script>globalThis.WORKER_SCRIPT = "./worker.js";</script>';
    await writeFile(
      join(folder, "esbuild/index.html"),
      page(`${script}<script type="module" src="page.js"></script>`),
    );
    return { warnings: warnings.map(({ text }) => text) };
  },
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** Headers that give a page shared memory; each of its scripts that a worker runs needs the second too. */
export const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** A server of a folder's files. */
export interface Served {
  readonly origin: string;
  close(): void;
}

/**
 * Serves `folder`. A page asked for with `?isolated` gets {@link ISOLATION}, with `?policy=TEXT` that Content-Security-Policy. `/wasm/` has tfjs's binaries, `/fallback/`
 * answers everything with a page, as servers of single-page applications do. What was asked for goes to `asked`.
 */
export async function serve(folder: string, asked: string[] = []): Promise<Served> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    asked.push(pathname);
    const policy = searchParams.get("policy");
    const headers = {
      ...(searchParams.has("isolated") || !pathname.endsWith(".html") ? ISOLATION : {}),
      ...(policy ? { "content-security-policy": policy } : {}),
    };
    const place = pathname.startsWith("/wasm/")
      ? join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist", pathname.slice(6))
      : join(folder, pathname.startsWith("/fallback/") ? "index.html" : pathname);
    try {
      const bytes = await readFile(place);
      response.writeHead(200, {
        "content-type": TYPES[extname(place)] ?? "application/octet-stream",
        ...headers,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("no such file");
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

/** Removes what {@link pageProject} made. */
export const removeProject = (folder: string) => rm(folder, { recursive: true, force: true });
