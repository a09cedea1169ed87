import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { decodeVolume, type NiftiExtension, nifti } from "../index.ts";

/** What nibabel wrote, and read back; see make_pairs.py. */
interface Case {
  readonly name: string;
  readonly hdr: string;
  readonly img?: string;
  readonly affine: readonly number[];
  readonly values: readonly number[];
  readonly extensions: readonly (readonly [code: number, text: string])[];
}

const file = new URL("../../../../test/fixtures/nifti/pairs.json", import.meta.url);
const { analyze, cases } = JSON.parse(readFileSync(file, "utf8")) as {
  analyze: Record<string, string>;
  cases: Case[];
};
const gzipped = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const plain = (text: string) => new Uint8Array(gunzipSync(gzipped(text)));

/** Code and text of each extension, without its padding. */
function textsOf(extensions: unknown): (readonly [number, string])[] {
  return ((extensions ?? []) as NiftiExtension[]).map(({ code, base64 }) => [
    code,
    Buffer.from(base64, "base64").toString().replace(/\0+$/, ""),
  ]);
}

describe("pairs and extensions against nibabel", () => {
  for (const { name, hdr, img, affine, values, extensions } of cases)
    for (const [form, unpack, end] of [
      ["plain", plain, ""],
      ["gzipped", gzipped, ".gz"],
    ] as const)
      it(`reads ${name}, ${form}, and writes it again`, async () => {
        const companions = new Map(img === undefined ? [] : [[`head.img${end}`, unpack(img)]]);
        const companion = async (other: string) => companions.get(other);
        const volume = await decodeVolume(unpack(hdr), { name: `folder/head.hdr${end}`, companion });
        expect([Array.from(volume.data), textsOf(volume.meta.extensions)]).toEqual([values, extensions]);
        for (const [i, v] of affine.entries()) expect(volume.affine[i]).toBeCloseTo(v, 5);

        for (const byteOrder of ["little", "big"] as const)
          for (const out of [`copy.hdr${end}`, `copy.nii${end}`]) {
            const files = await nifti.write!(volume, { name: out, byteOrder });
            expect([...files.keys()]).toEqual(out.startsWith("copy.hdr") ? [out, `copy.img${end}`] : [out]);
            const [[, main]] = files as unknown as [[string, Uint8Array]];
            const copy = await decodeVolume(main, { name: out, companion: async (n) => files.get(n) });
            expect([copy.data, textsOf(copy.meta.extensions)]).toEqual([volume.data, extensions]);
            for (const [i, v] of volume.affine.entries()) expect(copy.affine[i]).toBeCloseTo(v, 5);
          }
      });

  it("says which image is missing, cut short, or not its own", async () => {
    const { hdr, img } = cases[0]!;
    const read = (image: Uint8Array | undefined) =>
      errorOf(decodeVolume(plain(hdr), { name: "a/head.hdr", companion: async () => image }));
    const missing = await read(undefined);
    expect([missing.kind, missing.where]).toEqual(["not-found", "a/head.hdr"]);
    expect(missing.message).toContain("there is no head.img beside it");
    const cut = await read(plain(img!).subarray(0, 47));
    expect([cut.kind, cut.where]).toEqual(["invalid-file", "head.img"]);
    expect(cut.message).toContain(
      "promises 4×3×2 int16 voxels (48 bytes), the file can hold no more than 47",
    );
  });

  // SimpleITK reads the voxels, nibabel nothing: see make_nifti.py for the voxels.
  it.each([-16, 4, 1 << 20])("keeps no extension from one of %d bytes on", async (size) => {
    const { hdr, values } = cases.find(({ name }) => name === "extensions v1")!;
    const bytes = plain(hdr);
    const second = 352 + new DataView(bytes.buffer).getInt32(352, true);
    new DataView(bytes.buffer).setInt32(second, size, true);
    const volume = await decodeVolume(bytes, { name: "head.nii" });
    expect([Array.from(volume.data), textsOf(volume.meta.extensions).length]).toEqual([values, 1]);
  });

  it.each(Object.entries(analyze))("refuses Analyze 7.5 of %s by name", async (_, hdr) => {
    const error = await errorOf(decodeVolume(plain(hdr), { name: "old.hdr" }));
    expect([error.kind, error.message]).toEqual([
      "unsupported",
      "old.hdr: an Analyze 7.5 header: it does not say which side of the patient is left; convert it to NIfTI by a program that knows, such as the one that wrote it",
    ]);
  });
});
