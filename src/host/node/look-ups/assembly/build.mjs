/**
 * Compiles the loops of this folder (AssemblyScript) to WebAssembly for memory that is shared, and writes them as text into ../binary.ts, which is not in git.
 * Run by `npm run build`; skips what is up to date.
 */
import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, markOf, readText, SHARED } from "../../../../networks/backends/wasm/assembly/compile.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const target = resolve(folder, "../binary.ts");
const mark = markOf(folder, "./assembly/build.mjs");
if (!readText(target)?.startsWith(mark)) {
  const text = (await compile(folder, SHARED)).toString("base64");
  writeFileSync(target, `${mark}\n/** The loops in base64. */\nexport const BINARY = "${text}";\n`);
}
