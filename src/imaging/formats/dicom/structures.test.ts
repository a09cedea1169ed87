import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { type Affine, type Triple, Volume } from "../../volume/index.ts";
import { listStructures, readStructure } from "./index.ts";
import { holdsStructures } from "./structures.ts";

/** What scikit-image and NumPy make of the same shapes; see make_structures.py. */
interface Expected {
  readonly grid: { readonly shape: Triple; readonly affine: Affine; readonly frame: string };
  /** Runs of 0 and 1 in turn. */
  readonly masks: Readonly<Record<string, readonly number[]>>;
}

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/structures/", import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, "utf8")) as Record<string, Expected>;
const load = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(fixtures + name)) });

function imageOf(name: string): Volume {
  const { shape, affine, frame } = expected[name]!.grid;
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  return new Volume({ shape, affine, data, meta: { frameOfReferenceUID: frame } });
}

function unpacked(runs: readonly number[]): Uint8Array {
  return Uint8Array.from(runs.flatMap((length, n) => new Array<number>(length).fill(n % 2)));
}

const count = (mask: ArrayLike<number>) => Array.from(mask).reduce((sum, v) => sum + v, 0);

function dice(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const both = Array.from(a).filter((v, n) => v === 1 && b[n] === 1).length;
  return (2 * both) / (count(a) + count(b));
}

const read = (file: string, structure?: string | number, like = imageOf(file)) =>
  readStructure(load(file), { like, structure });
const failure = (file: string, structure?: string | number, like?: Volume) =>
  errorOf(read(file, structure, like));

describe("structures against scikit-image, NumPy and highdicom", () => {
  for (const [file, { masks }] of Object.entries(expected))
    for (const [name, runs] of Object.entries(masks))
      if (name !== "PTV" && name !== "Other frame")
        it(`${file}: ${name}`, async () => {
          const mask = await read(file, name);
          const want = unpacked(runs);
          expect(count(want)).toBeGreaterThan(20);
          expect([dice(mask.data, want), count(mask.data)]).toEqual([1, count(want)]);
          expect([mask.meta.structure, mask.unit]).toEqual([name, "unknown"]);
        });

  it("lists them, names in their own character set", async () => {
    const axial = await listStructures(load("axial.dcm"));
    expect(axial.slice(0, 2)).toEqual([
      { number: 1, name: "Ring", kind: "contours" },
      { number: 2, name: "Keyhole", kind: "contours" },
    ]);
    expect(await listStructures(load("oblique.dcm"))).toEqual([
      { number: 1, name: "Röhre", kind: "contours" },
    ]);
    expect(await listStructures(load("binary.dcm"))).toEqual([
      { number: 1, name: "Big", kind: "segment" },
      { number: 2, name: "Small", kind: "segment" },
    ]);
  });

  it("says by its first bytes that a file holds them", () => {
    for (const file of Object.keys(expected))
      expect(holdsStructures(load(file).bytes.subarray(0, 544)), file).toBe(true);
    const ct = readFileSync(
      fileURLToPath(new URL("../../../../test/fixtures/dicom/nowhere.dcm", import.meta.url)),
    );
    expect(holdsStructures(ct.subarray(0, 544))).toBe(false);
    expect(holdsStructures(load("report.dcm").bytes.subarray(0, 544))).toBe(false);
  });
});

describe("contours", () => {
  // The true shape is drawn at nine points a voxel along each axis in the plane.
  it.each(["axial.dcm", "oblique.dcm"])(
    "%s: surface within half a voxel of the contour's own",
    async (file) => {
      const coarse = imageOf(file);
      const fine = 9;
      const [nx, ny, nz] = coarse.shape;
      const a = coarse.affine;
      const shift = (1 - fine) / 2 / fine; // of the first fine voxel's centre, in coarse voxels
      const affine = a.map((v, n) => {
        const [row, column] = [n - (n % 4), n % 4];
        if (n > 11) return v;
        return column < 2 ? v / fine : column === 3 ? v + shift * (a[row]! + a[row + 1]!) : v;
      }) as unknown as Affine;
      const like = new Volume({
        shape: [nx * fine, ny * fine, nz],
        affine,
        data: new Uint8Array(nx * ny * nz * fine * fine),
      });
      const truth = await read(file, 1, like);
      const mask = await read(file, 1);
      // Along the rows and columns through voxel centres, the surfaces part by runs of fine voxels that differ.
      const [width, height] = [nx * fine, ny * fine];
      const middle = (fine - 1) / 2;
      const differs = (i: number, j: number, k: number) =>
        mask.data[Math.floor(i / fine) + nx * (Math.floor(j / fine) + ny * k)] !==
        truth.data[i + width * (j + height * k)];
      let longest = 0;
      for (let k = 0; k < nz; k++)
        for (const [lines, length, at] of [
          [ny, width, (line: number, n: number) => differs(n, line * fine + middle, k)],
          [nx, height, (line: number, n: number) => differs(line * fine + middle, n, k)],
        ] as const)
          for (let line = 0; line < lines; line++)
            for (let n = 0, run = 0; n < length; n++) {
              run = at(line, n) ? run + 1 : 0;
              longest = Math.max(longest, run);
            }
      expect(longest).toBeGreaterThan(2);
      expect(longest / fine).toBeLessThanOrEqual(0.5);
      expect(count(truth.data) / fine ** 2 / count(mask.data)).toBeCloseTo(1, 1);
    },
  );

  it("gives the same on an image whose axes are stored otherwise", async () => {
    const image = imageOf("oblique.dcm");
    // i, j, k become -k, i, j.
    const [nx, ny, nz] = image.shape;
    const turned = new Volume({
      shape: [nz, nx, ny],
      data: new Uint8Array(nx * ny * nz),
      affine: image.affine.map((_, n) => {
        const row = n - (n % 4);
        const [i, j, k, t] = image.affine.slice(row, row + 4) as [number, number, number, number];
        return n > 11 ? Number(n === 15) : [-k, i, j, t + k * (nz - 1)][n % 4]!;
      }) as unknown as Affine,
    });
    const [mask, again] = [await read("oblique.dcm"), await read("oblique.dcm", undefined, turned)];
    let equal = 0;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++)
          if (mask.data[i + nx * (j + ny * k)] === again.data[nz - 1 - k + nz * (i + nx * j)]) equal++;
    expect(equal).toBe(nx * ny * nz);
  });

  it("says what was skipped and which slices took the nearest contour", async () => {
    expect((await read("axial.dcm", "Two parts")).meta.notes).toEqual([
      "not closed contours were skipped: 1 of type POINT",
    ]);
    expect((await read("axial.dcm", "Wide")).meta.notes).toEqual([
      "contours 5 mm apart on slices 2.5 mm apart: each slice took the nearest",
    ]);
    expect((await read("axial.dcm", "Ring")).meta.notes).toBeUndefined();
  });

  it("refuses by name what can't be drawn on the image", async () => {
    const of = async (structure: string | number) => {
      const { kind, message } = await failure("axial.dcm", structure);
      return `${kind} ${message}`;
    };
    expect(await of("Points")).toContain(
      'unsupported axial.dcm: structure "Points" has no closed contours (2 of type POINT)',
    );
    expect(await of("Nothing")).toContain('structure "Nothing" has no closed contours; choose');
    expect(await of("Slanted")).toContain(`the contours of "Slanted" do not lie in the image's planes`);
    expect(await of("Outside")).toContain(
      'grid-mismatch axial.dcm: structure "Outside" lies outside the image',
    );
    expect(await of("Other frame")).toMatch(
      /grid-mismatch axial.dcm: "Other frame" has the frame of reference [\d.]+77.1, the image [\d.]+77;/,
    );
    expect(await of("PTV")).toContain('"PTV" fits 2 structures: PTV (11), PTV (12); give the number');
    expect(count((await read("axial.dcm", 12)).data)).toBeGreaterThan(20);
    expect(await of("Heart")).toContain(
      'not-found axial.dcm: no structure "Heart"; there are: Ring (1), Keyhole (2)',
    );
    const { message } = await failure("axial.dcm");
    expect(message).toContain("holds 12 structures: Ring (1)");
    expect((await failure("oblique.dcm", undefined, imageOf("axial.dcm"))).message).toContain(
      "image's planes",
    );
  });
});

describe("segments", () => {
  it("go onto another grid by the nearest voxel, which they say", async () => {
    const image = imageOf("binary.dcm");
    const fine = new Volume({
      shape: [66, 58, 24],
      data: new Uint8Array(66 * 58 * 24),
      affine: image.affine.map((v, n) => {
        const row = n - (n % 4);
        const a = image.affine;
        if (n > 11) return v;
        return n % 4 < 3 ? v / 2 : v - (a[row]! + a[row + 1]! + a[row + 2]!) / 4;
      }) as unknown as Affine,
    });
    const mask = await read("binary.dcm", "Big", fine);
    expect(mask.meta.notes).toEqual([
      "the segment is on another grid than the image: each voxel took the nearest",
    ]);
    expect(count(mask.data)).toBe(8 * count((await read("binary.dcm", "Big")).data));
    expect((await read("binary.dcm", "Big")).meta.notes).toBeUndefined();
    const { notes } = (await read("fractional.dcm")).meta;
    expect(notes).toEqual(["fractions of at least a half count"]);
  });

  it("refuses other frames of reference, images elsewhere, damaged and too large files", async () => {
    const image = imageOf("binary.dcm");
    const other = image.with({ meta: { frameOfReferenceUID: "1.2.3" } });
    expect((await failure("binary.dcm", 1, other)).message).toContain("frame of reference");
    const away = new Volume({
      ...image,
      affine: image.affine.map((v, n) => (n === 3 ? v + 900 : v)) as unknown as Affine,
    });
    expect((await failure("binary.dcm", 1, away)).message).toContain("lies outside the image");
    const { bytes } = load("binary.dcm");
    const cut = await errorOf(
      readStructure({ name: "cut.dcm", bytes: bytes.subarray(0, -400) }, { like: image, structure: 1 }),
    );
    expect(cut.message).toMatch(/^cut.dcm: truncated/);
    const small = await errorOf(
      readStructure(load("binary.dcm"), { like: image, structure: 1, limits: { maxVoxels: 99 } }),
    );
    expect(small.kind).toBe("limit");
    const ct = readFileSync(
      fileURLToPath(new URL("../../../../test/fixtures/dicom/eight-bit/0.dcm", import.meta.url)),
    );
    expect((await errorOf(readStructure({ bytes: ct }, { like: image }))).message).toContain(
      "has no structures",
    );
  });
});
