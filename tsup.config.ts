import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["plugins"]>[number];

/**
 * Where the CJS build loads what is ESM only, it keeps a real `import()`: Node knows it in CJS too, while the
 * `require` that tsup writes in its place fails.
 *
 * @param name a pattern
 * @param imported what is imported in its place
 */
function keepImportOf(name: string, imported = name): Plugin {
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
        await writeFile(path, code.replaceAll(written, `import("${imported}")`));
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

/** Nobody looks into data in base64, whose source maps would hold it a second time. */
const leaveOutMapsOfData: Plugin = {
  name: "leave-out-maps-of-data",
  async buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles) {
      if (!/\bdata\/[^/]+\.c?js$/.test(name)) continue;
      await rm(`${name}.map`);
      await writeFile(name, (await readFile(name, "utf8")).replace(/^\/\/# sourceMappingURL=.*$/m, ""));
    }
  },
};

/** The weights of heads are 8 MB, and the CJS build imports them from the ESM one. */
const leaveOutSecondHead: Plugin = {
  name: "leave-out-second-head",
  async buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles) if (/\bdata\/head\.cjs$/.test(name)) await rm(name);
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
  "parts/bias-field": "src/imaging/volume/bias/estimate.ts",
  "parts/look-at-input": "src/road/synthesis/look-at-input.ts",
  "parts/webgpu": "src/networks/backends/webgpu/start.ts",
  "parts/webgpu-inference": "src/networks/backends/webgpu-inference/start.ts",
  "parts/webgl": "src/networks/backends/webgl/start.ts",
  "parts/tfjs-node": "src/networks/backends/tfjs-node/start.ts",
  "parts/load-package": "src/base/platform/load-package.ts",
  "parts/node-modules": "src/base/platform/node-modules.ts",
};

const config = {
  entry: {
    index: "src/index.ts",
    "backends/cpu": "src/networks/backends/cpu.ts",
    "backends/wasm": "src/networks/backends/wasm/wasm.ts",
    "backends/webgpu": "src/networks/backends/webgpu/webgpu.ts",
    "backends/webgpu-inference": "src/networks/backends/webgpu-inference/webgpu-inference.ts",
    "backends/webgl": "src/networks/backends/webgl/webgl.ts",
    "backends/node": "src/networks/backends/tfjs-node/node.ts",
    "backends/node-gpu": "src/networks/backends/tfjs-node/node-gpu.ts",
    "backends/onnx-thread": "src/networks/backends/onnx/thread-main.ts", // run by a thread, imported by nobody
    "models/unet": "src/networks/models/unet.ts",
    "models/pix2pix": "src/networks/models/pix2pix.ts",
    "models/diffusion": "src/networks/models/diffusion.ts",
    "formats/dicom/index": "src/imaging/formats/dicom/index.ts",
    "worker/index": "src/host/worker/index.ts",
    "worker/script": "src/host/worker/script.ts", // run by threads of Node
    "node/index": "src/host/node/index.ts",
    "node/browser": "src/host/node/browser.ts", // in its place in bundles of pages
    "node/case-worker": "src/host/node/case-worker.ts", // run by threads, imported by nobody
    "node/prepare-worker": "src/host/node/preparing/prepare-worker.ts", // likewise
    "node/process-worker": "src/host/node/process/process-worker.ts", // by processes
    "node/sample-worker": "src/host/node/sample-worker.ts", // so is this
    "onnx/index": "src/road/model-file/onnx/index.ts",
    "head/index": "src/road/head/index.ts",
    "report/index": "src/evaluation/report/index.ts",
    "testing/index": "src/host/testing/index.ts",
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
    leaveOutMapsOfData,
    keepImportOf("nifti-reader-js"),
    keepImportOf("fast-png"),
    keepImportOf("pbf"),
    keepImportOf("(\\.\\.?)/data/head\\.cjs", "$1/data/head.js"),
    leaveOutSecondHead,
  ],
} satisfies Options;

/** Data of the package that the page's worker imports from where it lies, so that it is not there twice. */
const data = {
  "data/simd": "src/networks/backends/wasm/engines/simd.ts",
  "data/threaded-simd": "src/networks/backends/wasm/engines/threaded-simd.ts",
  "data/binaries": "src/networks/backends/wasm/binaries.ts",
  "data/head": "weights/head/head.safetensors",
};

const dataFromOutside: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "data-from-outside",
  setup({ onResolve }) {
    onResolve({ filter: /\/(simd|threaded-simd|binaries)\.ts$|head\.safetensors$/ }, ({ path }) => ({
      path: `../data/${path.replace(/.*\/|\.\w+$/g, "")}.js`,
      external: true,
    }));
  },
};

/** The codecs of compressed DICOM evaluate text, which bundlers warn of and policies forbid: a page's worker goes without. */
const withoutCodecs: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "without-codecs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^dcmjs-codecs$/ }, ({ path }) => ({ path, namespace: "without" }));
    onLoad({ filter: /.*/, namespace: "without" }, () => ({
      contents: 'export const leftOut = "its codecs evaluate text, which pages forbid";',
    }));
  },
};

/** The licences of the packages that a bundle holds, beside it in its folder of `dist`. */
const licences = (folder: string): NonNullable<Options["esbuildPlugins"]>[number] => ({
  name: "licences",
  setup({ initialOptions, onEnd }) {
    initialOptions.metafile = true;
    onEnd(async ({ metafile }) => {
      const paths = Object.keys(metafile?.inputs ?? {});
      const names = paths.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
      const texts = [...new Set(names)].sort().map(async (name) => {
        const { license, version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
        const file = (await readdir(`node_modules/${name}`)).find((one) => /^licen[cs]e/i.test(one));
        const text = file === undefined ? "" : await readFile(`node_modules/${name}/${file}`, "utf8");
        return `${name} ${version} (${license})\n\n${text.trim()}\n`;
      });
      await mkdir(`dist/${folder}`, { recursive: true });
      await writeFile(
        `dist/${folder}/LICENSES.txt`,
        (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`),
      );
    });
  },
});

/** A bundle of its own, with all that it needs of the package, in few files. It takes its data from where the library's lies. */
const bundle = {
  ...config,
  format: ["esm"],
  clean: false,
  sourcemap: false,
  minify: true,
  plugins: [],
} satisfies Options;

export default defineConfig([
  {
    ...config,
    entry: { ...config.entry, ...parts, ...data },
    dts: { entry: config.entry },
  },
  // The script of a page's worker, with all that it imports: bundlers take it as it is, and so do dev servers.
  {
    ...bundle,
    entry: { "worker/page": "src/host/worker/script.ts" },
    platform: "browser",
    noExternal: [/^(?!node:)/],
    esbuildPlugins: [withoutCodecs, dataFromOutside, licences("worker")],
    esbuildOptions(options) {
      // A page has neither; code that asks for them (Emscripten's, ours in Node) gets a text, which bundlers can follow.
      options.define = { ...options.define, __filename: '""', __dirname: '""' };
      options.chunkNames = "worker/[name]-[hash]"; // as far from the data as the entry
    },
  },
  // The command line: Node takes longer to find and read a hundred shared chunks, and CommonJS packages, than one file.
  {
    ...bundle,
    entry: { "cli/main": "src/host/cli/main.ts" },
    platform: "node",
    noExternal: ["commander", "dicom-parser"],
    esbuildPlugins: [dataFromOutside, licences("cli")],
    esbuildOptions(options) {
      options.chunkNames = "cli/[name]-[hash]";
      // What these packages ask of Node by require().
      options.banner = {
        js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
      };
    },
  },
]);
