/**
 * The part of the ONNX file format (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) that networks need. The numbers in
 * this file are the format's field numbers; pbf does the protobuf around them.
 */
import type { PbfWriter } from "pbf";
import type { Graph, GraphAttribute, GraphConstant, GraphNode, GraphPort } from "../graph/graph.ts";

/**
 * Operator set of the files that are written. 17 (ONNX 1.12, 2022) is the oldest that is asked for today, and holds all that the
 * networks need with the meaning that PyTorch gives it; a newer one would only shut out older runtimes.
 */
const OPSET = 17;

/** Fields of the file. */
export const PRODUCER = 2;
export const GRAPH = 7;
export const OPSETS = 8;
export const METADATA = 14;
/** Fields of a graph. */
export const CONSTANT = 5;
export const INPUT = 11;
export const OUTPUT = 12;

/** Element types of tensors, as far as they are told apart here. */
export const FLOAT = 1;
const INT64 = 7;

/** IR version 8 came with opset 17 (ONNX 1.12). */
const IR_VERSION = 8;

/** The package that does protobuf is loaded on use: it is ESM only, and importing this library costs nothing. */
export function loadPbf(): Promise<typeof import("pbf")> {
  return import("pbf");
}

/**
 * The bytes of an ONNX file.
 *
 * @param graph bytes are those of a file already, to which metadata is added
 * @param metadata goes into the file's `metadata_props`
 */
export async function encodeOnnx(
  graph: Graph | Uint8Array,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const entries = Object.entries(metadata);
  if (graph instanceof Uint8Array && entries.length === 0) return graph;
  const { PbfWriter } = await loadPbf();
  const size = graph instanceof Uint8Array ? graph.length : weightBytes(graph);
  const pbf = new PbfWriter(new Uint8Array(size + 65_536)); // grows by doubling: not for the sake of some names
  if (graph instanceof Uint8Array) append(pbf, graph);
  else {
    varint(pbf, 1, IR_VERSION);
    text(pbf, PRODUCER, "@midash/core");
    pbf.writeMessage(GRAPH, writeGraph, { ...graph, about: metadata.disclaimer ?? "" });
    pbf.writeMessage(OPSETS, (opset: number, out) => varint(out, 2, opset), OPSET);
  }
  for (const entry of entries) pbf.writeMessage(METADATA, writeEntry, entry);
  return pbf.finish();
}

function weightBytes({ constants }: Graph): number {
  return constants.reduce((sum, { data }) => sum + data.byteLength, 0);
}

function writeGraph({ about, ...graph }: Graph & { readonly about: string }, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  text(pbf, 2, graph.name);
  for (const constant of graph.constants) pbf.writeMessage(CONSTANT, writeConstant, constant);
  text(pbf, 10, about);
  for (const value of graph.inputs) pbf.writeMessage(INPUT, writeValue, value);
  for (const value of graph.outputs) pbf.writeMessage(OUTPUT, writeValue, value);
}

function writeNode(node: GraphNode, pbf: PbfWriter): void {
  for (const name of node.inputs) text(pbf, 1, name);
  for (const name of node.outputs) text(pbf, 2, name);
  text(pbf, 3, node.outputs[0]!); // nodes are called after what they give
  text(pbf, 4, node.type);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, value]: readonly [string, GraphAttribute], pbf: PbfWriter): void {
  text(pbf, 1, name);
  const typed = (type: number) => varint(pbf, 20, type);
  if (typeof value === "number") {
    varint(pbf, 3, value);
    typed(2);
  } else if ("float" in value) {
    pbf.writeTag(2, 5);
    pbf.writeFloat(value.float);
    typed(1);
  } else if ("text" in value) {
    text(pbf, 4, value.text);
    typed(3);
  } else {
    pbf.writePackedVarint(8, [...value]);
    typed(7);
  }
}

/** A constant as a message. */
export function writeConstant({ name, shape, data }: GraphConstant, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...shape]); // a scalar has none
  varint(pbf, 2, data instanceof Float32Array ? FLOAT : INT64);
  text(pbf, 8, name);
  pbf.writeTag(9, 2);
  pbf.writeBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)); // little-endian, as all that JavaScript runs on
}

function writeValue({ name, shape }: GraphPort, pbf: PbfWriter): void {
  text(pbf, 1, name);
  pbf.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (_, tensor) => {
          varint(tensor, 1, FLOAT);
          tensor.writeMessage(2, writeShape, shape);
        },
        undefined,
      ),
    undefined,
  );
}

function writeShape(shape: GraphPort["shape"], pbf: PbfWriter): void {
  for (const axis of shape)
    pbf.writeMessage(
      1,
      (_, dimension) => {
        if (typeof axis === "number") varint(dimension, 1, axis);
        else text(dimension, 2, axis);
      },
      undefined,
    );
}

/** A pair of metadata as a message. */
function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  text(pbf, 1, key);
  text(pbf, 2, value);
}

function varint(pbf: PbfWriter, field: number, value: number): void {
  pbf.writeTag(field, 0);
  pbf.writeVarint(value);
}

function text(pbf: PbfWriter, field: number, value: string): void {
  pbf.writeTag(field, 2);
  pbf.writeString(value);
}

/** Adds bytes as they are: fields that were read from another file. */
export function append(pbf: PbfWriter, bytes: Uint8Array): void {
  pbf.realloc(bytes.length);
  pbf.buf.set(bytes, pbf.pos);
  pbf.pos += bytes.length;
}
