/**
 * Compiles the kernels of this folder (AssemblyScript) to WebAssembly, and writes them as text into ../binaries.ts, which is
 * not in git: embedded, they need neither a bundler's help nor a path. So do the two binaries of @tensorflow/tfjs-backend-wasm (Apache-2.0) that are used, in
 * ../engines. Run by `npm run build`; skips what is up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, markOf, readText, SHARED } from "./compile.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const target = resolve(folder, "../binaries.ts");

/** Relaxed SIMD (fused multiply-add) needs a newer engine (Node 22). */
const VARIANTS = [
  { name: "shared", flags: SHARED },
  { name: "sharedRelaxed", flags: [...SHARED, "--enable", "relaxed-simd"] },
  { name: "single", flags: [] },
  { name: "singleRelaxed", flags: ["--enable", "relaxed-simd"] },
];
const mark = markOf(folder, "../assembly/build.mjs");

const engines = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json"));
mkdirSync(resolve(folder, "../engines"), { recursive: true });
for (const name of ["simd", "threaded-simd"]) {
  const bytes = readFileSync(join(engines, `wasm-out/tfjs-backend-wasm-${name}.wasm`));
  const doc = `/** @license Apache-2.0: tfjs-backend-wasm-${name}.wasm of @tensorflow/tfjs-backend-wasm, in base64. Copyright Google LLC (http://www.apache.org/licenses/LICENSE-2.0). Made by ../assembly/build.mjs; don't edit. */`;
  const path = resolve(folder, `../engines/${name}.ts`);
  const text = `${doc}\nexport const BINARY = "${bytes.toString("base64")}";\n`;
  if (readText(path) !== text) writeFileSync(path, text);
}

if (!readText(target)?.startsWith(mark)) {
  const lines = [];
  for (const { name, flags } of VARIANTS) lines.push(`  ${name}: "${(await compile(folder, flags)).toString("base64")}",`);
  const names = VARIANTS.map(({ name }) => `"${name}"`).join(" | ");
  const doc = "/** Kernels in base64, for memory that is shared or not, with relaxed SIMD or without. */";
  const type = `Readonly<Record<${names}, string>>`;
  writeFileSync(target, `${mark}\n${doc}\nexport const BINARIES: ${type} = {\n${lines.join("\n")}\n};\n`);
}
