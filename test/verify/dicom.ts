/**
 * An exported synthetic CT as others see it: `npm run verify:dicom`.
 *
 * Needs Python with pydicom and SimpleITK (MIDASH_PYTHON, else python3); dcmdump (dcmtk) and dciodvfy (dicom3tools) are used where they are
 * installed, and said to be absent where not.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readVolume, writeCtSeries } from "../../src/host/node/index.ts";
import { dicom } from "../../src/imaging/formats/dicom/index.ts";
import type { Volume } from "../../src/imaging/volume/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = process.env.MIDASH_PYTHON ?? "python3";
const folder = await mkdtemp(join(tmpdir(), "midash-verify-dicom-"));
let failures = 0;

try {
  await exportOf("made-up MR", join(root, "test/fixtures/dicom/mr"));
  await exportOf("enhanced MR", await alone("test/fixtures/dicom/enhanced.dcm"));
  const real = join(root, "../shared/data/dicom_ct_ge");
  if (existsSync(real)) await exportOf("tilted head", real);
  else console.log("tilted head: skipped, ../shared/data/dicom_ct_ge is absent");
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(failures === 0 ? "all well" : `${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

/** A series' own volume, taken for a synthetic CT, exported beside it, as it is and anonymised. */
async function exportOf(name: string, source: string): Promise<void> {
  const volume = await readVolume(source, { formats: [dicom] });
  const sct: Volume = volume.with({
    unit: "HU",
    data: Float32Array.from(volume.values(), (v) => Math.max(-1024, v)),
  });
  for (const anonymise of [false, true]) {
    const title = `${name}${anonymise ? ", anonymised" : ""}`;
    const out = join(folder, title.replaceAll(/[ ,]+/g, "-"));
    await writeCtSeries(out, sct, { source, model: "none: a check", seriesDescription: "check", anonymise });
    const read = await readVolume(out, { formats: [dicom] });
    const hu = Int16Array.from(sct.values(), Math.round);
    const same = read.shape.join() === sct.shape.join() && read.data.every((v, i) => v === hu[i]);
    report(title, "ours", same ? "same voxels" : "other voxels", same);
    await writeFile(`${out}.hu`, new Uint8Array(hu.buffer));
    const expected = {
      size: sct.shape,
      affine: sct.affine,
      hu: `${out}.hu`,
      source: read.meta.frameOfReferenceUID,
    };
    await writeFile(`${out}.json`, JSON.stringify(expected));
    check(title, "python", python, [join(root, "test/verify/dicom_check.py"), out, `${out}.json`]);
    for (const program of ["dcmdump", "dciodvfy"])
      for (const file of readdirSync(out)) {
        const last = file === readdirSync(out).at(-1);
        if (!check(title, program, program, [join(out, file)], !last)) break;
      }
  }
}

/** Runs a program: an exit status other than 0 or a line that begins with "Error" or "E:" is a failure. */
function check(
  title: string,
  what: string,
  program: string,
  args: readonly string[],
  quiet = false,
): boolean {
  try {
    const all = execFileSync("sh", ["-c", '"$0" "$@" 2>&1', program, ...args], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const errors = all.split("\n").filter((line) => /^(Error|E:|F:)/.test(line));
    if (errors.length > 0) return report(title, what, errors.slice(0, 3).join(" | "), false);
    if (!quiet)
      report(
        title,
        what,
        what === "python" ? all.trim().replaceAll("\n", "; ") : "no errors in any file",
        true,
      );
    return true;
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string };
    if (status === 127 && what !== "python") {
      console.log(`${title}: ${what}: skipped, not installed`);
      return false;
    }
    return report(title, what, (stdout ?? String(error)).trim().split("\n").slice(-3).join(" | "), false);
  }
}

function report(title: string, what: string, found: string, good: boolean): boolean {
  console.log(`${title}: ${what}: ${good ? "" : "FAILED: "}${found}`);
  if (!good) failures++;
  return good;
}

async function alone(file: string): Promise<string> {
  const path = join(folder, "source");
  await mkdir(path, { recursive: true });
  await copyFile(join(root, file), join(path, "image.dcm"));
  return path;
}
