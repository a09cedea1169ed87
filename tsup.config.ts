import { readFile, writeFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["plugins"]>[number];

/**
 * Where the CJS build loads a package that is ESM only, it keeps a real `import()`: Node knows it in CJS too, while the
 * `require` that tsup writes in its place fails.
 */
function keepImportOf(name: string): Plugin {
  const written = new RegExp(
    `Promise\\.resolve\\(\\)\\.then\\(\\(\\) => _interopRequireWildcard\\(require\\(["']${name}["']\\)\\)\\)`,
    "g",
  );
  return {
    name: "keep-import",
    async buildEnd({ writtenFiles }) {
      const chunks = writtenFiles.map((file) => file.name).filter((path) => path.endsWith(".cjs"));
      if (chunks.length === 0) return;
      let found = 0;
      for (const path of chunks) {
        const code = await readFile(path, "utf8");
        found += [...code.matchAll(written)].length;
        await writeFile(path, code.replaceAll(written, `import("${name}")`));
      }
      if (found === 0) throw new Error(`no import of ${name} found in the CJS build: has tsup changed?`);
    },
  };
}

/**
 * Shared chunks import each other for order's sake too (`import "./chunk.js"`), which bundlers of pages warn of: package.json says that nothing here
 * has side effects. Whoever needs a chunk imports a name of it.
 */
const leaveOutBareImports: Plugin = {
  name: "leave-out-bare-imports",
  async buildEnd({ writtenFiles }) {
    for (const path of writtenFiles.map((file) => file.name).filter((name) => name.endsWith(".js"))) {
      const code = await readFile(path, "utf8");
      await writeFile(path, code.replaceAll(/^import "\.[^"]*\.js";$/gm, "")); // an empty line: the source map stays right
    }
  },
};

/** Source maps of binaries in base64 would hold them a second time. */
const mapWithoutBinaries: Plugin = {
  name: "map-without-binaries",
  async buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles) {
      if (!/(simd|binaries)-\w+\.c?js\.map$/.test(name)) continue;
      const { sourcesContent: _, ...map } = JSON.parse(await readFile(name, "utf8"));
      await writeFile(name, JSON.stringify(map));
    }
  },
};

/**
 * Parts that get a chunk of their own, with nothing else in it: a bundle that uses nothing of one leaves it out as a whole, its tables of constants
 * too, and one that needs it later loads it later. Nobody imports them by these names.
 */
const parts = {
  "parts/hounsfield": "src/imaging/hounsfield/index.ts",
  "parts/phantom": "src/imaging/phantom/index.ts",
  "parts/graph-builder": "src/networks/layers/graph/graph-builder.ts",
  "parts/graph-layers": "src/networks/layers/graph/graph-layers.ts",
  "parts/onnx-file": "src/networks/layers/onnx/encode.ts",
  "parts/onnx-parts": "src/networks/layers/onnx/parts.ts",
  "parts/load-package": "src/base/platform/load-package.ts",
  "parts/node-modules": "src/base/platform/node-modules.ts",
};

const config = {
  entry: {
    index: "src/index.ts",
    "backends/cpu": "src/networks/backends/cpu.ts",
    "backends/wasm": "src/networks/backends/wasm/wasm.ts",
    "backends/onnx-thread": "src/networks/backends/onnx/thread-main.ts", // run by a thread, imported by nobody
    "models/unet": "src/networks/models/unet.ts",
    "models/pix2pix": "src/networks/models/pix2pix.ts",
    "models/diffusion": "src/networks/models/diffusion.ts",
    "formats/dicom/index": "src/imaging/formats/dicom/index.ts",
    "worker/index": "src/host/worker/index.ts",
    "worker/script": "src/host/worker/script.ts", // run by workers
    "node/index": "src/host/node/index.ts",
    "node/browser": "src/host/node/browser.ts", // in its place in bundles of pages
    "node/case-worker": "src/host/node/case-worker.ts", // run by threads, imported by nobody
    "onnx/index": "src/road/model-file/onnx/index.ts",
    "head/index": "src/road/head/index.ts",
    "report/index": "src/evaluation/report/index.ts",
    "testing/index": "src/host/testing/index.ts",
    "cli/main": "src/host/cli/main.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // One set of shared chunks a format, so that core and /node hold the same classes.
  splitting: true,
  sourcemap: true,
  clean: true,
  treeshake: false,
  // Weights that ship become modules of their own, loaded when they are asked for: no path or address to find in Node, a bundle or a page.
  loader: { ".safetensors": "base64" },
  // CJS can't parse import.meta; what asks for it asks for __filename first.
  esbuildOptions(options, { format }) {
    if (format === "cjs") options.define = { ...options.define, "import.meta.url": "undefined" };
  },
  plugins: [
    leaveOutBareImports,
    mapWithoutBinaries,
    keepImportOf("nifti-reader-js"),
    keepImportOf("fast-png"),
    keepImportOf("pbf"),
  ],
} satisfies Options;

export default defineConfig({
  ...config,
  entry: { ...config.entry, ...parts },
  dts: { entry: config.entry },
});
