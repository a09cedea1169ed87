import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import {
  bare,
  type Changes,
  encoded,
  madeSeries,
  madeSlice,
  withoutSyntax,
} from "../../../../test/support/made-dicom.ts";
import type { LeftOut } from "../format.ts";
import { dicom, listSeries, listVolumes } from "./index.ts";

type File = { name: string; bytes: Uint8Array };
const read = (files: readonly File[], options = {}) => dicom.readFiles!(files, options);
/** Of voxels that count up from slice to slice: their shape and the largest. */
const facts = async (files: readonly File[], options = {}) => {
  const volume = await read(files, options);
  return [...volume.shape, Math.max(...volume.values())];
};
const leftOut = async (files: readonly File[], options = {}) =>
  ((await read(files, options)).meta.leftOut as LeftOut[]).map(({ file, why }) => `${file} ${why}`);

/** Slices of a dynamic series: `n(t, k)` numbers them. */
function dynamic(
  times: number,
  slices: number,
  n: (t: number, k: number) => number,
  changes: (t: number, k: number) => Changes = () => ({}),
): File[] {
  return Array.from({ length: times * slices }, (_, i) => {
    const [t, k] = [Math.floor(i / slices), i % slices];
    const own = { InstanceNumber: String(n(t, k)), SOPInstanceUID: `1.2.3.${i + 1}`, ...changes(t, k) };
    return { name: `t${t}k${k}`, bytes: madeSlice(k, { Modality: "MR", ...own }, 1000 * t) };
  });
}

describe("what lacks a part of its header", () => {
  const files = madeSeries(4);
  const each = (change: (bytes: Uint8Array) => Uint8Array) =>
    files.map(({ name, bytes }) => ({ name: name.replace(".dcm", ""), bytes: change(bytes) }));

  // Right values: dcm2niix and SimpleITK (GDCM) read 4 slices, 0 to 379, of each; big endian without a header: GDCM.
  it.each([
    ["no preamble, implicit", (b: Uint8Array) => encoded(bare(b), "implicit")],
    ["no preamble, explicit", bare],
    ["no preamble, big endian", (b: Uint8Array) => encoded(bare(b), "explicit-big")],
    ["the mark at byte 0", (b: Uint8Array) => b.slice(128)],
    ["group 2 at byte 0", (b: Uint8Array) => b.slice(132)],
    ["no transfer syntax, explicit", (b: Uint8Array) => withoutSyntax(b)],
    ["no transfer syntax, implicit", (b: Uint8Array) => withoutSyntax(b, encoded(bare(b), "implicit"))],
    ["no transfer syntax, big endian", (b: Uint8Array) => withoutSyntax(b, encoded(bare(b), "explicit-big"))],
    ["gzipped", (b: Uint8Array) => new Uint8Array(gzipSync(b))],
    ["gzipped without preamble", (b: Uint8Array) => new Uint8Array(gzipSync(bare(b)))],
  ])("is read with %s", async (_, change) => {
    const changed = each(change).map((file) => ({ ...file, name: `${file.name}.dcm` }));
    expect(await facts(changed)).toEqual([10, 8, 4, 379]);
    expect((await dicom.read(changed[1]!)).shape).toEqual([10, 8, 1]);
  });

  it("is no DICOM when only its first bytes look like it", async () => {
    const text = {
      name: "notes",
      bytes: new TextEncoder().encode("\b\0\u0005\0CS is no data set, this is text"),
    };
    expect(await leftOut([...files, text])).toEqual(["notes is not DICOM"]);
  });

  it("makes one series without a UID, two where numbers differ", async () => {
    const nameless = (number: string) =>
      madeSeries(4, { changes: () => ({ SeriesInstanceUID: null, SeriesNumber: number }) });
    expect(await facts(nameless("1"))).toEqual([10, 8, 4, 379]);
    const two = [...nameless("1"), ...nameless("2").map((file) => ({ ...file, name: `2${file.name}` }))];
    expect((await listSeries(two)).map(({ uid, number, files: n }) => [uid, number, n])).toEqual([
      [undefined, 1, 4],
      [undefined, 2, 4],
    ]);
    expect(await facts(two, { series: "2" })).toEqual([10, 8, 4, 379]);
  });
});

describe("what is filed with a series and is no slice of it", () => {
  const files = madeSeries(4);
  const page = (changes: Changes) => ({
    name: "IM7.dcm",
    bytes: madeSlice(7, {
      ImagePositionPatient: null,
      ImageOrientationPatient: null,
      PixelSpacing: null,
      ...changes,
    }),
  });
  const capture = "1.2.840.10008.5.1.4.1.1.7";
  const rgb: Changes = {
    SamplesPerPixel: 3,
    PhotometricInterpretation: "RGB",
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelData: new Uint8Array(240),
  };

  it.each([
    ["a grey capture", page({ SOPClassUID: capture }), "is a screen capture"],
    ["a colour capture", page({ SOPClassUID: capture, ...rgb }), "is a screen capture"],
    ["a page of the CT's own class", page({}), "has no place in space, unlike the other slices"],
    [
      "a colour image with a place",
      { name: "IM7.dcm", bytes: madeSlice(7, rgb) },
      "is a colour image among slices",
    ],
  ])("leaves out %s, and says so", async (_, file, why) => {
    expect(await facts([...files, file])).toEqual([10, 8, 4, 379]);
    expect(await leftOut([...files, file])).toEqual([`IM7.dcm ${why}`]);
  });

  it("counts other objects, and offers no series of them", async () => {
    const other = (uid: string, k: number) => ({
      name: `other${k}.dcm`,
      bytes: madeSlice(k, { SOPClassUID: `1.2.840.10008.5.1.4.1.1.${uid}`, SeriesInstanceUID: `1.2.${k}` }),
    });
    const more = [
      other("481.3", 11),
      other("481.2", 12),
      other("66.4", 13),
      other("88.67", 14),
      { ...page({ SOPClassUID: capture, SeriesInstanceUID: "1.2.15" }), name: "screen.dcm" },
    ];
    expect(await facts([...more, ...files])).toEqual([10, 8, 4, 379]);
    expect((await leftOut([...more, ...files])).map((line) => line.split(" is ")[1])).toEqual([
      "an RT Structure Set",
      "an RT Dose",
      "a Segmentation",
      "a report",
      "a screen capture",
    ]);
    const error = await errorOf(read(more));
    expect(error.message).toContain("one is an RT Structure Set");
  });

  it("reads identical copies once", async () => {
    const copies = [1, 2].map((n) => ({ name: `IM2 (${n}).dcm`, bytes: files[2]!.bytes.slice() }));
    expect(await facts([...copies, ...files])).toEqual([10, 8, 4, 379]);
    expect(await leftOut([...files, ...copies])).toEqual([
      "IM2 (1).dcm is a copy of IM2.dcm",
      "IM2 (2).dcm is a copy of IM2.dcm",
    ]);
    const anonymous = madeSeries(4, { changes: () => ({ SOPInstanceUID: "1.2" }) });
    expect(await facts([...anonymous, { name: "again.dcm", bytes: anonymous[3]!.bytes }])).toEqual([
      10, 8, 4, 379,
    ]);
  });

  it("refuses two contents at one place", async () => {
    const other = { name: "IM2b.dcm", bytes: madeSlice(2, {}, 5) };
    expect((await errorOf(read([...files, other]))).message).toContain("duplicate slices");
  });

  it("refuses an empty file named like a slice, and no other", async () => {
    const nameless = madeSeries(4, { name: (k) => `IM${k}` });
    const error = await errorOf(read([...nameless, { name: "IM4", bytes: new Uint8Array() }]));
    expect([error.kind, error.where, error.message]).toEqual([
      "invalid-file",
      "IM4",
      expect.stringContaining("is empty"),
    ]);
    expect(await leftOut([...nameless, { name: "sent.flag", bytes: new Uint8Array() }])).toEqual([
      "sent.flag is empty",
    ]);
  });
});

describe("volumes of one series", () => {
  it.each([
    [
      "by acquisition time",
      dynamic(
        2,
        4,
        (t, k) => 4 * t + k + 1,
        (t) => ({ AcquisitionTime: `10000${t}` }),
      ),
      [0, 1],
    ],
    // Slices of a volume are seldom taken at one moment.
    [
      "by number, volume after volume",
      dynamic(
        3,
        4,
        (t, k) => 4 * t + k + 1,
        (t, k) => ({ AcquisitionTime: `1000${10 * t + k}` }),
      ),
      [0, 10, 20],
    ],
    ["by number, place after place", dynamic(3, 4, (t, k) => 3 * k + t + 1), undefined],
    ["by number, backwards", dynamic(2, 4, (t, k) => 4 * t + 4 - k), undefined],
    [
      "by trigger time (GE)",
      dynamic(
        3,
        4,
        (t, k) => 3 * k + t + 1,
        (t) => ({ TriggerTime: String(2000 * t) }),
      ),
      [0, 2, 4],
    ],
  ])("are told apart %s", async (_, files, times) => {
    const count = files.length / 4;
    for (const frame of [0, count - 1])
      expect(await facts(files, { frame })).toEqual([10, 8, 4, 1000 * frame + 379]);
    const { meta } = await read(files, { frame: 0 });
    expect([meta.frames, meta.frameTimes]).toEqual([count, times]);
  });

  it("are the whole ones of a scan that was stopped", async () => {
    for (const changes of [undefined, (t: number) => ({ AcquisitionNumber: String(t + 1) })]) {
      const files = dynamic(3, 4, (t, k) => 4 * t + k + 1, changes).slice(0, -2);
      expect(await facts(files, { frame: 1 })).toEqual([10, 8, 4, 1379]);
      expect((await leftOut(files, { frame: 1 }))[0]).toMatch(
        /^t2k0 to t2k1 2 of 4 slices of a volume that was not finished/,
      );
      expect((await read(files, { frame: 0 })).meta.frames).toBe(2);
    }
  });

  it("are refused where one whole volume is followed by less, or numbers say nothing", async () => {
    const short = dynamic(2, 4, (t, k) => 4 * t + k + 1).slice(0, -2);
    expect((await errorOf(read(short))).message).toContain("duplicate slices");
    const mixed = dynamic(2, 4, (t, k) => [1, 4, 2, 8, 3, 5, 6, 7][4 * t + k]!);
    expect((await errorOf(read(mixed))).message).toContain("duplicate slices");
    const alike = dynamic(2, 4, () => 1);
    expect((await errorOf(read(alike))).message).toContain("duplicate slices");
  });

  it("are chosen by a word of their label", async () => {
    const types = ["W", "F", "IP", "OP"];
    const dixon = dynamic(
      4,
      4,
      (t, k) => 4 * t + k + 1,
      (t) => ({ ImageType: `DERIVED\\PRIMARY\\${types[t]}\\${types[t]}` }),
    );
    for (const [frameLabel, most] of [
      ["water", 379],
      ["F", 1379],
      ["in phase", 2379],
      ["op", 3379],
    ] as const)
      expect(await facts(dixon, { frameLabel })).toEqual([10, 8, 4, most]);
    for (const [frameLabel, says] of [
      ["phase", "fits 2 volumes"],
      ["T2", 'no volume "T2"'],
      ["", "no volume"],
    ] as const)
      expect((await errorOf(read(dixon, { frameLabel }))).message).toContain(says);
    expect((await errorOf(read(dixon))).message).toMatch(/0: image type .*\(fat\)/);
    const echoes = dynamic(
      2,
      4,
      (t, k) => 4 * t + k + 1,
      (t) => ({ EchoTime: t === 0 ? "5" : "20" }),
    );
    expect(await facts(echoes, { frameLabel: "20" })).toEqual([10, 8, 4, 1379]);
    expect(await facts(echoes, { frameLabel: "echo time 5" })).toEqual([10, 8, 4, 379]);
  });

  it("are listed by patient, study and series, what can't be read with its reason", async () => {
    const other = madeSeries(2, {
      name: (k) => `b${k}`,
      changes: () => ({
        PatientID: "Y",
        SeriesInstanceUID: "1.2.9",
        SeriesNumber: "2",
        PhotometricInterpretation: "PALETTE COLOR",
      }),
    });
    const { series } = await listVolumes([
      ...dynamic(
        2,
        4,
        (t, k) => 4 * t + k + 1,
        (t) => ({ AcquisitionNumber: String(t) }),
      ),
      ...other,
    ]);
    expect(
      series.map(({ patient, study, volumes, problem }) => [patient, study, volumes.length, problem]),
    ).toEqual([
      [1, 1, 2, undefined],
      [2, 2, 0, expect.stringContaining("PALETTE COLOR")],
    ]);
    expect(series[0]!.volumes[1]).toEqual({ shape: [10, 8, 4], label: "acquisition 1" });
  });
});

describe("descriptions in the file's own characters", () => {
  const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  // The examples of PS3.5, annexes H, I, J and K, and pydicom of the first.
  it.each([
    ["\\ISO 2022 IR 87", "\u001b$BF,It\u001b(B CT", "頭部 CT"],
    ["\\ISO 2022 IR 87", "Yamada=\u001b$B;3ED\u001b(B", "Yamada=山田"],
    ["ISO 2022 IR 13\\ISO 2022 IR 87", "\u00d4\u00cf\u00c0\u00de=\u001b$B;3ED\u001b(J", "ﾔﾏﾀﾞ=山田"],
    ["\\ISO 2022 IR 149", "Hong=\u001b$)C\u00c8\u00ab", "Hong=홍"],
    ["\\ISO 2022 IR 58", "Zhang=\u001b$)A\u00d5\u00c5", "Zhang=张"],
    ["ISO_IR 100", "Sch\u00e4del", "Schädel"],
    ["ISO_IR 144", "\u00d3\u00de\u00db\u00de\u00d2\u00d0", "голова"],
    ["ISO_IR 192", "\u00e5\u00a4\u00b4", "头"],
    ["GB18030", "\u00cd\u00b7", "头"],
  ])("%s", async (set, text, want) => {
    const files = madeSeries(1, {
      changes: () => ({ SpecificCharacterSet: set, SeriesDescription: bytes(text) }),
    });
    expect((await listSeries(files))[0]!.description).toBe(want);
    expect((await read(files, { series: want })).meta.seriesDescription).toBe(want);
  });
});
