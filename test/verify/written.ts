// Files that this library writes, read by the programs of others: SimpleITK (MetaImage, NRRD, NIfTI) and nibabel (MGH).
//
//   npm run verify:written -- --python PATH      # a Python with SimpleITK, nibabel and numpy; exit code 1 when a number differs
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeVolume } from "../../src/host/node/index.ts";
import { type Affine, Volume } from "../../src/imaging/volume/index.ts";

const { values: flags } = parseArgs({ options: { python: { type: "string", default: "python3" } } });

const ARRAYS = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];
const ENDS = ["nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr", "mgh", "mgz"];
/** Leaning and not at right angles; and with axes in another order. SimpleITK refuses the former in NIfTI. */
const AFFINES: readonly Affine[] = [
  [-0.9, 0.1, 0.05, 78.5, 0.05, 1.2, 0.3, -112, 0.02, -0.2, 2.5, -50.25, 0, 0, 0, 1],
  [0, 0, 1.5, 5, -0.5, 0, 0, 6, 0, 2, 0, 7, 0, 0, 0, 1],
];

const folder = mkdtempSync(join(tmpdir(), "midash-written-"));
const list: { name: string; affine: Affine; values: number[] }[] = [];
for (const [n, array] of ARRAYS.entries())
  for (const [m, affine] of AFFINES.entries())
    for (const end of ENDS)
      for (const gzip of /^(mh|n(rr|hd))/.test(end) ? [false, true] : [undefined])
        for (const byteOrder of ["little", "big"] as const) {
          // MGH has neither; the first affine leans.
          if (end.startsWith("mg") && (array === Uint32Array || array === Float64Array)) continue;
          if (end.startsWith("nii") && m === 0) continue;
          const signed = !array.name.startsWith("Uint");
          const fraction = array.name.startsWith("Float") ? 0.375 : 0;
          const values = Array.from({ length: 60 }, (_, i) => ((i * 7) % 61) - (signed ? 30 : 0) + fraction);
          const volume = new Volume({
            shape: [3, 4, 5],
            data: new array(values),
            affine,
            unit: "HU",
            simulated: true,
          });
          const name = `${n}-${m}-${gzip}-${byteOrder}.${end}`;
          await writeVolume(join(folder, name), volume, {
            byteOrder,
            ...(gzip === undefined ? {} : { gzip }),
          });
          list.push({ name, affine, values });
        }
writeFileSync(join(folder, "list.json"), JSON.stringify(list));
try {
  const script = fileURLToPath(new URL("written.py", import.meta.url));
  execFileSync(flags.python, [script, folder], { stdio: ["ignore", "inherit", "inherit"] });
} catch {
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
