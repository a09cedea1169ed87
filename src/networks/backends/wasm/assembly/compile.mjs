/** What all kernels in AssemblyScript are compiled by. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import asc from "assemblyscript/asc";

// "stub" is AssemblyScript's runtime without a garbage collector: nothing here allocates. Assertions would need text in memory.
const FLAGS = ["-O3", "--runtime", "stub", "--noAssert", "--use", "abort=", "--importMemory"];
const FEATURES = ["--initialMemory", "1", "--enable", "threads", "--enable", "simd"];
/** Shared memory needs threads. */
export const SHARED = ["--sharedMemory", "--maximumMemory", "65536"];

/** The first line of what is made of a folder's files: it is up to date while this is the same. */
export function markOf(folder, builder) {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  hash.update(JSON.stringify(asc.version));
  return `// Made by ${builder} from ${hash.digest("hex")}; don't edit.`;
}

export function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The folder's index.ts as a binary. */
export async function compile(folder, flags) {
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
