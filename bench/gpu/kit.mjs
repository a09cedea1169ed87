// Packs the GPU suite for a Linux machine that has a graphics card with its driver, and neither Node nor a network: `npm run gpu:kit`.
//
//   npm run gpu:kit                  .bench/kit: kit.tar.xz and run.sh; both go to the machine
//   npm run gpu:kit -- --level 1     packs faster, a few MB larger
//
// In it: this Node, stripped; Dawn of the package webgpu; ONNX Runtime; the suite and its peers as bundles; Vulkan's loader from Debian's packages.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const MOST = 64 * 2 ** 20;
/** The loader, and what NVIDIA's driver for Vulkan asks of the system where it is the one for X. */
const DEBS = [
  "libvulkan1",
  "libglvnd0",
  "libegl1",
  "libgl1",
  "libglx0",
  "libx11-6",
  "libxext6",
  "libxcb1",
  "libxau6",
  "libxdmcp6",
  "libbsd0",
  "libmd0",
];

const { values } = parseArgs({ options: { level: { type: "string", default: "6" } } });
const started = performance.now();
if (process.platform !== "linux" || process.arch !== "x64")
  stop("packs for Linux on x64, and takes this Node along: run it there");
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..", "..");
const out = resolve(".bench", "kit");
const kit = join(out, "kit");
rmSync(out, { recursive: true, force: true });
for (const folder of ["app/gpu", "lib"]) mkdirSync(join(kit, folder), { recursive: true });

copyFileSync(realpathSync(process.execPath), join(kit, "node"));
chmodSync(join(kit, "node"), 0o755);
run("strip", join(kit, "node"));

const shared = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minify: true,
  mainFields: ["module", "main"],
  external: ["webgpu", "onnxruntime-node", "onnxruntime-web", "dcmjs-codecs"],
  loader: { ".safetensors": "empty", ".node": "empty" },
  logLevel: "error",
  absWorkingDir: root,
  // What CommonJS packages ask for.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; import { fileURLToPath as pathOf } from "node:url"; import { dirname as folderOf } from "node:path"; const require = requireFrom(import.meta.url), __filename = pathOf(import.meta.url), __dirname = folderOf(__filename);',
  },
};
await build({
  ...shared,
  entryPoints: {
    main: "bench/main.ts",
    "node/sample-worker": "src/host/node/sample-worker.ts",
    "backends/onnx-thread": "src/networks/backends/onnx/thread-main.ts",
  },
  outdir: join(kit, "app"),
  splitting: true,
});
await build({
  ...shared,
  entryPoints: ["bench/gpu/tfjs.mjs", "bench/gpu/jax.mjs"],
  outdir: join(kit, "app/gpu"),
  outExtension: { ".js": ".mjs" },
});
for (const file of ["gpu/pytorch.py", "peers/unet.py"])
  copyFileSync(join(root, "bench", file), join(kit, "app/gpu", basename(file)));

packageOf("webgpu", ["index.js", "dist/linux-x64"]);
packageOf("onnxruntime-node", [
  "dist",
  join("bin", readdirSync(join(root, "node_modules/onnxruntime-node/bin"))[0], "linux/x64"),
]);
packageOf("onnxruntime-common", ["dist/cjs"]);

const debs = join(out, "debs");
mkdirSync(debs);
for (const name of DEBS)
  if (spawnSync("apt-get", ["download", name], { cwd: debs }).status !== 0)
    console.warn(`gpu:kit: no ${name} from apt-get: left out`);
for (const deb of readdirSync(debs)) run("dpkg-deb", "-x", join(debs, deb), join(debs, "all"));
const libraries = join(debs, "all/usr/lib/x86_64-linux-gnu");
if (existsSync(libraries))
  cpSync(libraries, join(kit, "lib"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\/(pkgconfig|dri)$/.test(path),
  });
if (!existsSync(join(kit, "lib/libvulkan.so.1")))
  console.warn("gpu:kit: without Vulkan's loader: the machine must have one");

run(
  "tar",
  `--use-compress-program=xz -${values.level} -T2`,
  "-cf",
  join(out, "kit.tar.xz"),
  "-C",
  out,
  "kit",
);
copyFileSync(join(here, "run.sh"), join(out, "run.sh"));
for (const folder of [kit, debs]) rmSync(folder, { recursive: true });
const size = statSync(join(out, "kit.tar.xz")).size;
console.log(
  `${join(out, "kit.tar.xz")}: ${(size / 2 ** 20).toFixed(1)} MiB, in ${Math.round((performance.now() - started) / 1000)} s. Take run.sh along.`,
);
if (size > MOST) stop(`larger than ${MOST / 2 ** 20} MiB`);

/** A package's parts, with its manifest, where Node looks for it from the bundles. */
function packageOf(name, parts) {
  const [from, to] = [join(root, "node_modules", name), join(kit, "app/node_modules", name)];
  for (const part of ["package.json", ...parts])
    cpSync(join(from, part), join(to, part), {
      recursive: true,
      filter: (path) => !/\.(map|d\.ts)$/.test(path),
    });
  if (readFileSync(join(to, "package.json")).length === 0) stop(`${name} is not installed`);
}

function run(file, ...args) {
  const { status, error, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) stop(`${file} failed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
}

function stop(what) {
  console.error(`gpu:kit: ${what}`);
  process.exit(1);
}
