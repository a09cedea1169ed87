/**
 * Compiles the kernels of this folder (AssemblyScript) to WebAssembly, and writes them as text into ../binaries.ts, which is
 * not in git: embedded, they need neither a bundler's help nor a path. So do the two binaries of @tensorflow/tfjs-backend-wasm (Apache-2.0) that are used, in
 * ../engines. Run by `npm run build`; skips what is up to date.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const folder = dirname(fileURLToPath(import.meta.url));
const target = resolve(folder, "../binaries.ts");

/** Shared memory needs threads; relaxed SIMD (fused multiply-add) needs a newer engine (Node 22). */
const VARIANTS = [
  { name: "shared", flags: ["--sharedMemory", "--maximumMemory", "65536"] },
  { name: "sharedRelaxed", flags: ["--sharedMemory", "--maximumMemory", "65536", "--enable", "relaxed-simd"] },
  { name: "single", flags: [] },
  { name: "singleRelaxed", flags: ["--enable", "relaxed-simd"] },
];
// "stub" is AssemblyScript's runtime without a garbage collector: nothing here allocates. Assertions would need text in memory.
const FLAGS = ["-O3", "--runtime", "stub", "--noAssert", "--use", "abort=", "--importMemory"];
const FEATURES = ["--initialMemory", "1", "--enable", "threads", "--enable", "simd"];

const hash = createHash("sha256");
for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
hash.update(JSON.stringify(asc.version));
const mark = `// Made by ../assembly/build.mjs from ${hash.digest("hex")}; don't edit.`;

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
  for (const { name, flags } of VARIANTS) lines.push(`  ${name}: "${(await compile(flags)).toString("base64")}",`);
  const names = VARIANTS.map(({ name }) => `"${name}"`).join(" | ");
  const doc = "/** Kernels in base64, for memory that is shared or not, with relaxed SIMD or without. */";
  const type = `Readonly<Record<${names}, string>>`;
  writeFileSync(target, `${mark}\n${doc}\nexport const BINARIES: ${type} = {\n${lines.join("\n")}\n};\n`);
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

async function compile(flags) {
  let binary;
  const entry = relative(process.cwd(), join(folder, "index.ts"));
  const { error, stderr } = await asc.main([entry, ...FLAGS, ...FEATURES, ...flags, "-o", "kernels.wasm"], {
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) binary = Buffer.from(contents);
    },
  });
  if (error || !binary) throw new Error(`the kernels don't compile: ${stderr.toString() || error}`);
  if (stderr.toString()) process.stderr.write(stderr.toString());
  return binary;
}
