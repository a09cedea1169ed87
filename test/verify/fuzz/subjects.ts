// What is fuzzed. A format is one entry of SUBJECTS: where its files come from, which bytes of it matter, how it is read.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { MidashError } from "../../../src/base/errors/index.ts";
import type { Random } from "../../../src/base/random/index.ts";
import { dicom, listStructures, readStructure } from "../../../src/imaging/formats/dicom/index.ts";
import { type DecodeOptions, decodeVolume } from "../../../src/imaging/formats/index.ts";
import { type Triple, Volume } from "../../../src/imaging/volume/index.ts";
import { filesOf, formatCases } from "../../support/format-cases.ts";
import { bare, csaHeader, encoded, madeSlice, withoutSyntax } from "../../support/made-dicom.ts";

/** A file, or one with others beside it. */
export interface Seed {
  readonly main: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A format under test. */
export interface Subject {
  readonly name: string;
  /** Whole files. */
  seeds(): readonly Seed[];
  /** Offset and size of header fields that hold sizes, types, offsets. */
  readonly fields: readonly (readonly [offset: number, size: 1 | 2 | 4 | 8])[];
  /** Damage that this format alone can take. */
  readonly edit?: (bytes: Uint8Array, random: Random) => readonly [step: string, bytes: Uint8Array];
  /** Words for the lines of a text header; absent for binary ones. */
  readonly words?: readonly string[];
  /** A whole header whose sizes are others, and where its voxels begin: of a plain file, or `undefined` for one that it can't do. */
  readonly claim?: (
    bytes: Uint8Array,
    sizes: Triple,
  ) => { readonly bytes: Uint8Array; readonly end: number } | undefined;
  /** Default: `decodeVolume`, which finds the format by itself. */
  readonly read?: (seed: Seed, options: DecodeOptions) => Promise<Volume>;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Real files of others; not part of the repository, so that a run without them has fewer seeds. */
const io = join(root, "../shared/data/io");
const SMALL = 160 * 1024;

export const SUBJECTS: readonly Subject[] = [
  {
    name: "nifti",
    seeds: () => [...niftiFixtures(), ...niftiPairs(), ...realFiles(/\.nii(\.gz)?$|ras\.hdr$/)],
    fields: [
      ...each([0, 4, 108, 112, 116, 352, 356], 4),
      ...each([40, 42, 44, 46, 48, 50, 70, 72, 252, 254], 2),
      ...each([12, 16, 24, 32, 40, 48, 56, 168], 8), // NIfTI-2
    ],
    claim: (bytes, sizes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (bytes.length < 352 || view.getInt32(0, true) !== 348) return undefined;
      for (const [d, n] of sizes.entries()) view.setInt16(42 + 2 * d, n, true);
      return { bytes, end: 352 };
    },
  },
  {
    name: "metaimage",
    seeds: () => [...fixtures("metaimage"), ...realFiles(/\.mha$/)],
    fields: [],
    claim: claimInText(/(DimSize *= *)\d+ \d+ \d+/, /ElementDataFile *=[^\n]*\n/),
    words: [
      "True",
      "False",
      "LOCAL",
      "LIST",
      "MET_DOUBLE",
      "MET_LONG_LONG",
      "MET_UCHAR",
      "Image",
      "%d 1 9 1",
      "s%03d.raw 0 99999999 1",
      "LIST 2D",
      "LIST 1",
      "s0.raw",
      "below/s1.raw",
      "../s0.raw",
      "BinaryData = False",
      "CompressedData = True",
      "HeaderSize = -1",
      "HeaderSize = 99999999999",
      "NDims = 4",
      "ElementNumberOfChannels = 0",
    ],
  },
  {
    name: "nrrd",
    seeds: () => [...fixtures("nrrd"), ...realFiles(/\.nrrd$/)],
    fields: [],
    claim: claimInText(/(sizes: )\d+ \d+ \d+/, /\n\r?\n/),
    words: [
      "none",
      "(1,0,0)",
      "(nan,nan,nan)",
      "(1e308,1e308,1e308)",
      "()",
      "raw",
      "gzip",
      "double",
      "uint64",
      "byte skip: -1",
      "byte skip: 99999999999",
      "line skip: 1000000",
      "LIST",
      "LIST 2",
      "data file: LIST 1",
      "data file: s%d.raw 0 3 1",
      "data file: s%d.raw -999999999 999999999 1 1",
      "s0.raw",
      "below/s1.raw",
      "ascii",
      "hex",
      "encoding: txt",
      "list",
      "vector",
      "space dimension: 4",
      "dimension: 16",
      "sizes: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
      "a:=b",
    ],
  },
  {
    name: "mgh",
    seeds: () => [...fixtures("mgh"), ...realFiles(/\.mgz$/)],
    fields: [...each([0, 4, 8, 12, 16, 20, 24, 30, 34, 42, 78], 4), [28, 2]],
    claim: (bytes, sizes) => {
      if (bytes.length < 284) return undefined;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (const [d, n] of sizes.entries()) view.setInt32(4 + 4 * d, n);
      return { bytes, end: 284 };
    },
  },
  {
    name: "dicom",
    seeds: () => [...dicomFixtures(), ...madeDicom()],
    fields: [],
    edit: (bytes, random) => dicomHeader(bytes, random),
    // A series is the file and all others of its folder; any of them may be the damaged one.
    async read({ main, files }, options) {
      const sources = [...files].map(([name, bytes]) => ({ name, bytes }));
      return sources.length === 1
        ? dicom.read({ name: main, bytes: files.get(main)! }, options)
        : dicom.readFiles!(sources, options);
    },
  },
  structures("rtstruct", ["axial.dcm", "oblique.dcm"]),
  structures("seg", ["binary.dcm", "oblique-binary.dcm", "fractional.dcm", "labels.dcm"]),
];

/** Structures of an image: every one of the file, so that all of it is read. */
function structures(name: string, files: readonly string[]): Subject {
  return {
    name,
    seeds: () => structureFixtures([...files, "report.dcm"]),
    fields: [],
    edit: (bytes, random) => dicomHeader(bytes, random, bytes.length),
    async read({ main, files }, options) {
      const source = { name: main, bytes: files.get(main)! };
      let read: Volume | undefined;
      let refused: unknown = new MidashError("not-found", "no structure");
      for (const { number } of (await listStructures(source, options)).slice(0, 12))
        try {
          read = await readStructure(source, { ...options, like: imageOf(main), structure: number });
        } catch (error) {
          if (!MidashError.is(error)) throw error;
          refused = error;
        }
      if (read) return read;
      throw refused;
    },
  };
}

const structureFolder = new URL("../../fixtures/structures/", import.meta.url);

function structureFixtures(files: readonly string[]): Seed[] {
  return files.map((main) => ({
    main,
    files: new Map([[main, new Uint8Array(readFileSync(new URL(main, structureFolder)))]]),
  }));
}

/** The image that a fixture's structures were drawn on. */
function imageOf(file: string): Volume {
  const expected = JSON.parse(readFileSync(new URL("expected.json", structureFolder), "utf8"));
  const { shape, affine } = (expected[file] ?? expected["axial.dcm"]).grid;
  return new Volume({ shape, affine, data: new Uint8Array(shape[0] * shape[1] * shape[2]) });
}

/** A reader with every fault that the harness is to see: its test's own subject. */
const BROKEN: Subject = {
  name: "broken",
  seeds: () =>
    ["fine", "throw", "exit", "never", "hang", "memory"].map((main) => ({
      main,
      files: new Map([[main, new Uint8Array(64)]]),
    })),
  fields: [],
  async read({ main }) {
    if (main === "throw") throw new TypeError("not tagged");
    if (main === "exit") process.exit(3);
    if (main === "never") await new Promise(() => undefined);
    if (main === "hang") for (let n = 0; ; n++) if (Math.sqrt(n) < 0) break;
    if (main === "memory") new Float64Array(2 ** 24);
    return new Volume({ shape: [1, 1, 1], data: new Uint8Array(1) });
  },
};

/** The subject of this name. */
export function subjectOf(name: string): Subject {
  const found = [...SUBJECTS, BROKEN].find((subject) => subject.name === name);
  if (!found) throw new Error(`no such format: ${name}; there are ${SUBJECTS.map((s) => s.name).join(", ")}`);
  return found;
}

/** Reads a file of a subject. */
export function readSeed(subject: Subject, seed: Seed, options: DecodeOptions): Promise<Volume> {
  if (subject.read) return subject.read(seed, options);
  const companion = async (name: string) => seed.files.get(name);
  return decodeVolume(seed.files.get(seed.main)!, { name: seed.main, companion, ...options });
}

function each<Size extends 1 | 2 | 4 | 8>(offsets: readonly number[], size: Size) {
  return offsets.map((offset) => [offset, size] as const);
}

/** For text headers: `sizes` finds the sizes, `last` the header's end. */
function claimInText(sizes: RegExp, last: RegExp): Subject["claim"] {
  return (bytes, claimed) => {
    const text = Buffer.from(bytes).toString("latin1");
    const end = last.exec(text);
    if (!end || !sizes.test(text)) return undefined;
    const head = text.slice(0, end.index + end[0].length).replace(sizes, `$1${claimed.join(" ")}`);
    return { bytes: new Uint8Array(Buffer.from(head, "latin1")), end: head.length };
  };
}

function fixtures(format: string): Seed[] {
  return formatCases(format)
    .filter(({ kind }) => !kind)
    .map((entry) => ({ main: entry.main, files: filesOf(entry) }));
}

function niftiFixtures(): Seed[] {
  const file = new URL("../../fixtures/nifti/cases.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: { gz: string; kind?: string }[] };
  return cases
    .filter(({ kind }) => !kind)
    .map(({ gz }, n) => {
      const zipped = new Uint8Array(Buffer.from(gz, "base64"));
      const bytes = n % 2 === 0 ? zipped : new Uint8Array(gunzipSync(zipped));
      return { main: "a.nii", files: new Map([["a.nii", bytes]]) };
    });
}

/** Pairs, files with extensions, and Analyze, which is to be refused whatever its damage. */
function niftiPairs(): Seed[] {
  const file = new URL("../../fixtures/nifti/pairs.json", import.meta.url);
  const { analyze, cases } = JSON.parse(readFileSync(file, "utf8")) as {
    analyze: Record<string, string>;
    cases: { hdr: string; img?: string }[];
  };
  const plain = (text: string) => new Uint8Array(gunzipSync(Buffer.from(text, "base64")));
  return [
    ...cases.map(({ hdr, img }) => ({
      main: "a.hdr",
      files: new Map([["a.hdr", plain(hdr)], ...(img ? [["a.img", plain(img)] as const] : [])]),
    })),
    ...Object.values(analyze).map((hdr) => ({ main: "old.hdr", files: new Map([["old.hdr", plain(hdr)]]) })),
  ];
}

/** Every folder of fixtures as a series, and every file alone. */
function dicomFixtures(): Seed[] {
  const folder = fileURLToPath(new URL("../../fixtures/dicom/", import.meta.url));
  const load = (path: string) => [path, new Uint8Array(readFileSync(join(folder, path)))] as const;
  const seedOf = (paths: readonly string[]): Seed => ({ main: paths[0]!, files: new Map(paths.map(load)) });
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return entry.name.endsWith(".dcm") ? [seedOf([entry.name])] : [];
    const paths = readdirSync(join(folder, entry.name)).map((name) => `${entry.name}/${name}`);
    return [seedOf(paths), ...paths.map((path) => seedOf([path]))];
  });
}

/** What lacks parts of its header, a mosaic, and a series with times and a copy. */
function madeDicom(): Seed[] {
  const one = (main: string, bytes: Uint8Array): Seed => ({ main, files: new Map([[main, bytes]]) });
  const slice = madeSlice(0);
  const mosaic = madeSlice(0, {
    ImageType: "ORIGINAL\\PRIMARY\\M\\MOSAIC",
    SpacingBetweenSlices: "2",
    SiemensMrCreator: "SIEMENS MR HEADER",
    SiemensMosaicCount: 4,
  });
  const csa = madeSlice(0, {
    ImageType: "ORIGINAL\\PRIMARY\\M\\MOSAIC",
    SpacingBetweenSlices: "2",
    SiemensCsaCreator: "SIEMENS CSA HEADER",
    SiemensCsaHeader: csaHeader({ NumberOfImagesInMosaic: ["4"], SliceNormalVector: ["0", "0", "1"] }),
  });
  const dynamic = Array.from({ length: 7 }, (_, n) => {
    const own = {
      SOPInstanceUID: `1.2.${n}`,
      InstanceNumber: String(n + 1),
      AcquisitionTime: `10000${n >> 1}`,
    };
    return [`IM${n}.dcm`, madeSlice(n % 2, own)] as const;
  });
  return [
    one("bare", bare(slice)),
    one("implicit", encoded(bare(slice), "implicit")),
    one("big", encoded(bare(slice), "explicit-big")),
    one("no-syntax", withoutSyntax(slice)),
    one("mosaic.dcm", mosaic),
    one("csa.dcm", csa),
    { main: "IM1.dcm", files: new Map([...dynamic, ["copy.dcm", dynamic[0]![1]]]) },
  ];
}

/** Where the fixtures' elements end and their pixels begin, more or less. */
const DICOM_HEADER = 1500;

/** Numbers in DICOM are text (sizes, positions, slopes): digits change. Else a length, or a number of rows, is all ones or zeros. */
function dicomHeader(
  bytes: Uint8Array,
  random: Random,
  header = DICOM_HEADER,
): readonly [string, Uint8Array] {
  const out = bytes.slice();
  const start = random.integer(Math.max(1, Math.min(out.length, header)));
  if (random.integer(2) === 0) {
    for (let i = start; i < Math.min(start + 4, out.length); i++) out[i] = [0, 0xff][random.integer(2)]!;
    return [`a length at byte ${start} overwritten`, out];
  }
  for (let i = start; i < Math.min(start + 400, out.length); i++)
    if (out[i]! >= 0x30 && out[i]! <= 0x39 && random.integer(8) === 0) out[i] = 0x2d + random.integer(13);
  return [`digits behind byte ${start} changed`, out];
}

function realFiles(names: RegExp): Seed[] {
  if (!existsSync(io)) return [];
  const small = readdirSync(io).filter((name) => names.test(name) && statSync(join(io, name)).size <= SMALL);
  return small.sort().map((name) => {
    const files = [name, name.replace(/\.hdr$/, ".img")].map(
      (file) => [file, new Uint8Array(readFileSync(join(io, file)))] as const,
    );
    return { main: name, files: new Map(files) };
  });
}
