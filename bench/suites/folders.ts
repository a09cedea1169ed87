import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fail } from "../../src/base/errors/index.ts";
import { type Attribute, encodeFile } from "../../src/imaging/formats/dicom/dataset-writer.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Settings, Suite } from "../harness/suite.ts";

/** What a row works on. */
interface FolderSettings {
  readonly folder: string;
  readonly series: number;
  readonly slices: number;
  /** Pixels a side. */
  readonly side: number;
  readonly wanted: number;
}

const settingsOf = (settings: Settings) => settings as unknown as FolderSettings;

/**
 * A folder of DICOM series, from the start of a program to a NIfTI file on the disk: ours reads the headers of all files and converts one series, dcm2niix
 * converts all, since it can't be told which by number.
 */
export const folders: Suite = {
  name: "folders",
  summary: "finding and converting one DICOM series of 20 in a folder of 2,000 files, beside dcm2niix",
  rows(size) {
    const small = size === "small";
    const [series, slices, side] = small ? [2, 5, 16] : [20, 100, 64];
    return [
      {
        id: "convert-one",
        what: `convert one series of ${series}, ${series * slices} files`,
        settings: { folder: `folders-${series}-${slices}-${side}`, series, slices, side, wanted: 2 },
        peer: "dcm2niix",
        runs: small ? 2 : 9,
        warmUp: small ? 1 : 2,
        tolerance: 1e-9,
      },
    ];
  },
  async prepare(rows, cache) {
    for (const { settings } of rows) await makeFolder(settingsOf(settings), cache);
  },
  async task(_row, given, cache) {
    const { folder, wanted } = settingsOf(given);
    const main = resolve("dist/cli/main.js");
    const out = join(cache.path, `${folder}-ours.nii`);
    await stat(main).catch(() =>
      fail("not-found", "the command line is not built", { where: main, hint: "run npm run build" }),
    );
    const args = [main, "convert", join(cache.path, folder), out, "--series", String(wanted)];
    return {
      work: () => run(process.execPath, args),
      values() {
        const { buffer, byteOffset, length } = readFileSync(out);
        const start = new DataView(buffer, byteOffset).getFloat32(108, true); // NIfTI-1's vox_offset
        const data = new Int16Array(buffer.slice(byteOffset + start, byteOffset + length));
        return { all: mean(data), half: mean(data.subarray(0, data.length / 2)) };
      },
    };
  },
};

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? done() : reject(new Error(`${program} ended with exit code ${code}`)),
    );
  });
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Series of MR slices with a few dozen elements each, all in one folder, named so that series follow each other in turns. */
async function makeFolder(
  { folder, series, slices, side }: FolderSettings,
  cache: CacheFolder,
): Promise<void> {
  await mkdir(join(cache.path, folder), { recursive: true });
  for (let k = 0; k < slices; k++)
    for (let s = 1; s <= series; s++) {
      const pixels = Int16Array.from({ length: side * side }, (_, v) => (s * 131 + k * 17 + v) % 1000);
      const instanceUid = `1.2.826.0.1.3680043.8.498.9.${s}.${k + 1}`;
      await cache.once(join(folder, `IM${k}-${s}.dcm`), async () =>
        encodeFile({ classUid: MR, instanceUid }, attributes({ s, k, side, instanceUid, pixels })),
      );
    }
}

const MR = "1.2.840.10008.5.1.4.1.1.4";

function attributes(slice: {
  readonly s: number;
  readonly k: number;
  readonly side: number;
  readonly instanceUid: string;
  readonly pixels: Int16Array;
}): Attribute[] {
  const { s, k, side, instanceUid, pixels } = slice;
  const root = "1.2.826.0.1.3680043.8.498";
  return [
    { tag: 0x00080008, vr: "CS", value: "ORIGINAL\\PRIMARY\\M\\NONE" },
    { tag: 0x00080016, vr: "UI", value: MR },
    { tag: 0x00080018, vr: "UI", value: instanceUid },
    { tag: 0x00080060, vr: "CS", value: "MR" },
    { tag: 0x0008103e, vr: "LO", value: `series ${s}` },
    { tag: 0x00180050, vr: "DS", value: "2" },
    { tag: 0x0020000d, vr: "UI", value: `${root}.1` },
    { tag: 0x0020000e, vr: "UI", value: `${root}.2.${s}` },
    { tag: 0x00200011, vr: "IS", value: String(s) },
    { tag: 0x00200013, vr: "IS", value: String(k + 1) },
    { tag: 0x00200032, vr: "DS", value: `-30\\-30\\${2 * k}` },
    { tag: 0x00200037, vr: "DS", value: "1\\0\\0\\0\\1\\0" },
    { tag: 0x00200052, vr: "UI", value: `${root}.3` },
    { tag: 0x00280002, vr: "US", value: 1 },
    { tag: 0x00280004, vr: "CS", value: "MONOCHROME2" },
    { tag: 0x00280010, vr: "US", value: side },
    { tag: 0x00280011, vr: "US", value: side },
    { tag: 0x00280030, vr: "DS", value: "1\\1" },
    { tag: 0x00280100, vr: "US", value: 16 },
    { tag: 0x00280101, vr: "US", value: 16 },
    { tag: 0x00280102, vr: "US", value: 15 },
    { tag: 0x00280103, vr: "US", value: 1 },
    { tag: 0x7fe00010, vr: "OW", value: new Uint8Array(pixels.buffer) },
  ];
}
