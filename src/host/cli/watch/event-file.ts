/**
 * TensorBoard's event files: TFRecords (length, its checksum, data, its checksum; little-endian) of `Event` messages
 * (https://github.com/tensorflow/tensorboard, compat/proto/event.proto and summary.proto).
 */
import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { PbfWriter } from "pbf";
import { maskedCrc32c } from "./crc32c.ts";

/** What a board shows of one step. */
export interface BoardStep {
  readonly step: number;
  /** By tags: "loss/train". */
  readonly scalars?: Readonly<Record<string, number>>;
  /** PNG files by tags. */
  readonly images?: Readonly<Record<string, Uint8Array>>;
}

/** Appends to one event file of a folder; a run that goes on has another, as TensorBoard wants it. */
export class EventFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @param step steps done before: what earlier files of the folder say of later ones was done again, and is left out by TensorBoard */
  static async open(folder: string, step: number, time = Date.now() / 1000): Promise<EventFile> {
    const name = `events.out.tfevents.${String(Math.floor(time)).padStart(10, "0")}.${hostname()}.${process.pid}`;
    const file = new EventFile(join(folder, name));
    await appendFile(file.#path, record(versionEvent(time)));
    await appendFile(file.#path, record(startEvent(time, step + 1)));
    return file;
  }

  async add(step: BoardStep, time = Date.now() / 1000): Promise<void> {
    await appendFile(this.#path, record(summaryEvent(time, step)));
  }
}

/** A TFRecord. */
export function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return out;
}

/** Fields of `Event`. */
const EVENT = { time: 1, step: 2, version: 3, summary: 5, session: 7 } as const;

export function versionEvent(time: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(EVENT.time, time);
  pbf.writeStringField(EVENT.version, "brain.Event:2");
  return pbf.finish();
}

/** `SessionLog.START`. @param step the first that is to come: what earlier files say of it and later ones is left out */
export function startEvent(time: number, step: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(EVENT.time, time);
  pbf.writeVarintField(EVENT.step, step);
  pbf.writeMessage(EVENT.session, (_: null, session) => session.writeVarintField(1, 1), null);
  return pbf.finish();
}

export function summaryEvent(time: number, { step, scalars = {}, images = {} }: BoardStep): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(EVENT.time, time);
  pbf.writeVarintField(EVENT.step, step);
  pbf.writeMessage(
    EVENT.summary,
    (_: null, summary) => {
      for (const [tag, value] of Object.entries(scalars))
        summary.writeMessage(1, writeScalar, { tag, value });
      for (const [tag, png] of Object.entries(images)) summary.writeMessage(1, writeImage, { tag, png });
    },
    null,
  );
  return pbf.finish();
}

function writeScalar({ tag, value }: { readonly tag: string; readonly value: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, tag);
  pbf.writeFloatField(2, value);
}

function writeImage({ tag, png }: { readonly tag: string; readonly png: Uint8Array }, pbf: PbfWriter): void {
  pbf.writeStringField(1, tag);
  pbf.writeMessage(
    4,
    (_: null, image) => {
      const size = new DataView(png.buffer, png.byteOffset); // of the header chunk
      image.writeVarintField(1, size.getUint32(20));
      image.writeVarintField(2, size.getUint32(16));
      image.writeVarintField(3, 3); // RGB
      image.writeBytesField(4, png);
    },
    null,
  );
}
