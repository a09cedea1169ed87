/** Event files against golden bytes that TensorBoard's own reader opened (test/fixtures/tensorboard/check.py), and by a small reader of our own. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PbfReader } from "pbf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.ts";
import { EventFile, record, startEvent, summaryEvent, versionEvent } from "./event-file.ts";

const GOLDEN = new URL("../../../../test/fixtures/tensorboard/golden.tfevents", import.meta.url);
const PNG = Uint8Array.from(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAGklEQVR42mNgYOUUkZTV0DVkAGIbR9eA0EgAFW4DJQnavI8AAAAASUVORK5CYII=",
    "base64",
  ),
);
const text = (bytes: string) => new TextEncoder().encode(bytes);

/** The records of a file, whose checksums fit. */
function recordsIn(bytes: Uint8Array): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(data));
    out.push(data);
    at += 16 + length;
  }
  return out;
}

interface Read {
  step?: number;
  version?: string;
  start?: boolean;
  readonly values: { tag?: string; value?: number; image?: Record<number, unknown> }[];
}

function readEvent(bytes: Uint8Array): Read {
  return new PbfReader(bytes).readFields<Read>(
    (field, event, pbf) => {
      if (field === 1) pbf.readDouble();
      else if (field === 2) event.step = pbf.readVarint();
      else if (field === 3) event.version = pbf.readString();
      else if (field === 7) event.start = pbf.readMessage(numbersIn, {} as Record<number, unknown>)[1] === 1;
      else if (field === 5)
        pbf.readMessage((_, all: Read, p) => void all.values.push(p.readMessage(readValue, {})), event);
    },
    { values: [] },
  );
}

function numbersIn(field: number, found: Record<number, unknown>, pbf: PbfReader): void {
  found[field] = field === 4 ? pbf.readBytes() : pbf.readVarint();
}

function readValue(field: number, value: Read["values"][number], pbf: PbfReader): void {
  if (field === 1) value.tag = pbf.readString();
  else if (field === 2) value.value = pbf.readFloat();
  else if (field === 4) value.image = pbf.readMessage(numbersIn, {});
}

describe("crc32c", () => {
  test("gives the values of RFC 3720, B.4", () => {
    expect(crc32c(text("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, n) => n))).toBe(0x46dd794e);
  });
});

test("the same events are the golden file, byte for byte", async () => {
  const events = [
    versionEvent(1_700_000_000),
    startEvent(1_700_000_000, 0),
    summaryEvent(1_700_000_001.5, { step: 4, scalars: { "step/loss": 0.5, "step/learning rate": 1e-4 } }),
    summaryEvent(1_700_000_002.25, {
      step: 300,
      scalars: { "epoch/loss": -3.25, "validation/MAE": 61.3 },
      images: { validation: PNG },
    }),
  ];
  const made = Buffer.concat(events.map(record));
  expect(made.equals(await readFile(GOLDEN))).toBe(true);
});

describe("a file of a run", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "midash-events-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("begins with its version and the step that it goes on from; holds scalars and pictures", async () => {
    const file = await EventFile.open(folder, 120);
    await file.add({ step: 2 ** 33, scalars: { "epoch/loss": 0.25 }, images: { validation: PNG } });
    const [name] = await readdir(folder);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./);
    const [version, start, summary] = recordsIn(await readFile(join(folder, name!))).map(readEvent);
    expect(version!.version).toBe("brain.Event:2");
    expect([start!.start, start!.step]).toEqual([true, 121]);
    expect(summary!.step).toBe(2 ** 33);
    expect(summary!.values[0]).toEqual({ tag: "epoch/loss", value: 0.25 });
    const { tag, image } = summary!.values[1]!;
    expect([tag, image![1], image![2], image![3]]).toEqual(["validation", 2, 3, 3]);
    expect(Buffer.from(image![4] as Uint8Array).equals(PNG)).toBe(true);
  });
});
