import type { PbfReader } from "pbf";
import { GRAPH, loadPbf, OPSETS } from "./encode.ts";
import { eachField, messageEnd } from "./parts.ts";

/** One kind of node of a network. */
export interface OnnxOperator {
  readonly name: string;
  /** Whose operator it is: "" is ONNX's own. */
  readonly domain: string;
  /** How often it stands in the network, in branches and loops too. */
  readonly count: number;
}

/** What an ONNX file computes with. */
export interface OnnxOperators {
  /** In the order of the alphabet. */
  readonly operators: readonly OnnxOperator[];
  /** Version of the operators of each domain; "" is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Those of domains that ONNX Runtime does not have and the file does not define: "domain.Name". */
  readonly unknown: readonly string[];
}

/** Field of the file: a function, made of other nodes, which nodes name like an operator. */
const FUNCTION = 25;

/** Domains of operators that ONNX Runtime brings (https://onnxruntime.ai/docs/reference/operators/). */
const KNOWN: readonly string[] = ["", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview.training", "com.microsoft"];

/** Counts the nodes of a file that `splitOnnx` has taken, or of its skeleton. */
export async function readOperators(bytes: Uint8Array): Promise<OnnxOperators> {
  const { PbfReader } = await loadPbf();
  const found = new Map<string, OnnxOperator>();
  const opsets: Record<string, number> = {};
  const defined = new Set<string>();
  const count = (name: string, domain: string) => {
    const key = fullName(name, domain);
    found.set(key, { name, domain, count: (found.get(key)?.count ?? 0) + 1 });
  };
  const pbf = new PbfReader(bytes);
  eachField(pbf, bytes.length, (field) => {
    if (field === GRAPH) readNodes(pbf, 1, count);
    else if (field === OPSETS) {
      const { name: domain, version } = readNames(pbf, { name: 1, version: 2 });
      opsets[domain] = version;
    } else if (field === FUNCTION) {
      const start = pbf.pos;
      const { name, domain } = readNames(pbf, { name: 1, domain: 10 });
      defined.add(fullName(name, domain));
      pbf.pos = start;
      readNodes(pbf, 7, count);
    }
  });
  const operators = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = operators.filter(({ domain }) => !KNOWN.includes(domain));
  return {
    operators,
    opsets,
    unknown: names.map(({ name, domain }) => fullName(name, domain)).filter((name) => !defined.has(name)),
  };
}

function fullName(name: string, domain: string): string {
  return domain === "" ? name : `${domain}.${name}`;
}

/** The nodes of a graph or function, and of the graphs that they hold. @param node the field in which they stand */
function readNodes(pbf: PbfReader, node: number, count: (name: string, domain: string) => void): void {
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field !== node) return;
    const start = pbf.pos;
    const { name, domain } = readNames(pbf, { name: 4, domain: 7 });
    count(name, domain);
    pbf.pos = start;
    eachField(pbf, messageEnd(pbf), (part) => {
      if (part !== ATTRIBUTE) return;
      eachField(pbf, messageEnd(pbf), (kind) => {
        if (kind === GRAPH_OF || kind === GRAPHS_OF) readNodes(pbf, 1, count);
      });
    });
  });
}

/** Field of a node, and fields of an attribute. */
const ATTRIBUTE = 5;
const [GRAPH_OF, GRAPHS_OF] = [6, 11];

/** Texts of a message, and its version. */
function readNames(
  pbf: PbfReader,
  fields: { readonly name: number; readonly domain?: number; readonly version?: number },
): { readonly name: string; readonly domain: string; readonly version: number } {
  let [name, domain, version] = ["", "", 0];
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field === fields.name) name = pbf.readString();
    else if (field === fields.domain) domain = pbf.readString();
    else if (field === fields.version) version = pbf.readVarint();
  });
  return { name, domain, version };
}
