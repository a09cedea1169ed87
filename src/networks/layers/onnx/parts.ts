import type { PbfReader, PbfWriter } from "pbf";
import { MidashError } from "../../../base/errors/index.ts";
import type { NamedArray, NamedArrays } from "../arrays.ts";
import {
  append,
  CONSTANT,
  FLOAT,
  GRAPH,
  INPUT,
  loadPbf,
  METADATA,
  OPSETS,
  OUTPUT,
  PRODUCER,
  writeConstant,
} from "./encode.ts";

/** An input or output as an ONNX file declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** float32, or what else it is. */
  readonly type: string;
  /** A number for an axis of fixed length, a text for any other. */
  readonly shape: readonly (number | string)[];
}

/** An ONNX file taken apart: its float32 weights by name, and all else. */
export interface OnnxParts {
  readonly weights: NamedArrays;
  /** The file without those weights, see {@link joinOnnx}. */
  readonly skeleton: Uint8Array;
  /** Those that are no constants. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  /** Who wrote it, e.g. "pytorch 2.5.0". */
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Element types by their numbers in the format. */
const TYPES =
  "undefined,float32,uint8,int8,uint16,int16,int32,int64,text,bool,float16,float64,uint32,uint64,complex64,complex128,bfloat16".split(
    ",",
  );
/** Of a tensor's values: in another file. */
const EXTERNAL = 1;

/**
 * Takes an ONNX file apart.
 *
 * @throws MidashError `invalid-file` when the bytes are no ONNX file; `unsupported` when its weights lie in other files
 */
export async function splitOnnx(bytes: Uint8Array, where: string): Promise<OnnxParts> {
  const { PbfReader, PbfWriter } = await loadPbf();
  const weights: Record<string, NamedArray> = {};
  const constants = new Set<string>();
  const inputs: DeclaredValue[] = [];
  const outputs: DeclaredValue[] = [];
  const metadata: Record<string, string> = {};
  const producer: string[] = [];
  const skeleton = new PbfWriter();
  let [graphs, opsets] = [0, 0];
  const readGraph = (pbf: PbfReader, end: number) => {
    const graph = new PbfWriter();
    eachField(pbf, end, (field, start) => {
      if (field === CONSTANT) {
        const { name, weight } = readConstant(pbf, messageEnd(pbf), where);
        constants.add(name);
        if (weight) weights[name] = weight;
        if (weight) return;
      } else if (field === INPUT) inputs.push(readValue(pbf, messageEnd(pbf)));
      else if (field === OUTPUT) outputs.push(readValue(pbf, messageEnd(pbf)));
      else skipped(pbf);
      append(graph, bytes.subarray(start, pbf.pos));
    });
    graphs++;
    skeleton.writeTag(GRAPH, 2);
    skeleton.writeBytes(graph.finish());
  };
  try {
    const pbf = new PbfReader(bytes);
    eachField(pbf, bytes.length, (field, start) => {
      if (field === GRAPH) return readGraph(pbf, messageEnd(pbf));
      if (field === PRODUCER || field === PRODUCER + 1) producer[field] = pbf.readString();
      else if (field === METADATA) {
        const [key, value] = readEntry(pbf, messageEnd(pbf));
        metadata[key] = value;
        return; // whoever writes the file again has metadata of his own
      } else skipped(pbf);
      if (field === OPSETS) opsets++;
      append(skeleton, bytes.subarray(start, pbf.pos));
    });
  } catch (cause) {
    if (MidashError.is(cause)) throw cause;
    throw notOnnx(where, cause);
  }
  if (graphs !== 1 || opsets === 0 || outputs.length === 0) throw notOnnx(where);
  return {
    weights,
    skeleton: skeleton.finish().slice(),
    inputs: inputs.filter(({ name }) => !constants.has(name)), // files before 2019 list constants too
    outputs,
    producer: producer.filter(Boolean).join(" "),
    metadata,
  };
}

/** The inverse of {@link splitOnnx}, but for the metadata. */
export async function joinOnnx({
  skeleton,
  weights,
}: Pick<OnnxParts, "skeleton" | "weights">): Promise<Uint8Array> {
  const { PbfReader, PbfWriter } = await loadPbf();
  const size = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, skeleton.length);
  const file = new PbfWriter(new Uint8Array(size + 65_536));
  const pbf = new PbfReader(skeleton);
  eachField(pbf, skeleton.length, (field, start) => {
    if (field !== GRAPH) return append(file, skeleton.subarray(start, skipped(pbf)));
    const end = messageEnd(pbf);
    const graph = skeleton.subarray(pbf.pos, end);
    pbf.pos = end;
    file.writeMessage(GRAPH, writeWhole, { graph, weights });
  });
  return file.finish();
}

function writeWhole(
  { graph, weights }: { readonly graph: Uint8Array; readonly weights: NamedArrays },
  pbf: PbfWriter,
): void {
  append(pbf, graph);
  for (const [name, { data, shape }] of Object.entries(weights))
    pbf.writeMessage(CONSTANT, writeConstant, { name, data, shape });
}

/** A constant's name and, if it is of float32, its values. */
function readConstant(pbf: PbfReader, end: number, where: string): { name: string; weight?: NamedArray } {
  const shape: number[] = [];
  let [name, type, data] = ["", 0, undefined as Float32Array | undefined];
  eachField(pbf, end, (field) => {
    if (field === 1) pbf.readPackedVarint(shape);
    else if (field === 2) type = pbf.readVarint();
    else if (field === 4) data = Float32Array.from(pbf.readPackedFloat());
    else if (field === 8) name = pbf.readString();
    else if (field === 9) {
      const raw = pbf.readBytes().slice(); // at an offset that floats can begin at
      data = new Float32Array(raw.buffer, 0, Math.floor(raw.length / 4));
    } else if (field === 14 && pbf.readVarint() === EXTERNAL)
      throw new MidashError("unsupported", "keeps its weights in other files", {
        where,
        hint: "export it as one file: torch.onnx.export(..., external_data=False)",
      });
  });
  if (type !== FLOAT) return { name };
  const length = shape.reduce((a, b) => a * b, 1);
  data ??= new Float32Array(0);
  if (data.length !== length)
    throw new MidashError("invalid-file", `the weight "${name}" has ${data.length} values, not ${length}`, {
      where,
    });
  return { name, weight: { data, shape } };
}

function readValue(pbf: PbfReader, end: number): DeclaredValue {
  const shape: (number | string)[] = [];
  let [name, type] = ["", "no tensor"];
  eachField(pbf, end, (field) => {
    if (field === 1) name = pbf.readString();
    else if (field === 2)
      eachField(pbf, messageEnd(pbf), (kind) => {
        if (kind === 1)
          eachField(pbf, messageEnd(pbf), (part) => {
            if (part === 1) type = TYPES[pbf.readVarint()] ?? "of a type unknown here";
            else if (part === 2)
              eachField(pbf, messageEnd(pbf), (dimension) => {
                if (dimension === 1) shape.push(readAxis(pbf, messageEnd(pbf)));
              });
          });
      });
  });
  return { name, type, shape };
}

function readAxis(pbf: PbfReader, end: number): number | string {
  let axis: number | string = "any";
  eachField(pbf, end, (field) => {
    if (field === 1) axis = pbf.readVarint(true);
    else if (field === 2) axis = pbf.readString();
  });
  return typeof axis === "number" && axis < 1 ? "any" : axis;
}

function readEntry(pbf: PbfReader, end: number): readonly [key: string, value: string] {
  const entry = ["", ""];
  eachField(pbf, end, (field) => {
    if (field === 1 || field === 2) entry[field - 1] = pbf.readString();
  });
  return entry as [string, string];
}

/** Calls `read` for each field of the message up to `end`, with where the field starts. What it does not read is skipped. */
export function eachField(pbf: PbfReader, end: number, read: (field: number, start: number) => void): void {
  while (pbf.pos < end) {
    const start = pbf.pos;
    const field = pbf.nextField(end);
    const value = pbf.pos;
    read(field, start);
    if (pbf.pos === value) skipped(pbf);
  }
  if (pbf.pos !== end) throw new Error("a field ends beyond its message");
}

/** Skips the value of a field. @returns where it ends */
function skipped(pbf: PbfReader): number {
  pbf.skip(pbf.type);
  return pbf.pos;
}

/** Where the message ends that a field's value is. */
export function messageEnd(pbf: PbfReader): number {
  return pbf.readVarint() + pbf.pos;
}

function notOnnx(where: string, cause?: unknown): MidashError {
  return new MidashError("invalid-file", "is no ONNX file, or a damaged one", { where, cause });
}
