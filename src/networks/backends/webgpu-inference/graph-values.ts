import { fail } from "../../../base/errors/index.ts";
import type { GraphConstant, GraphNode } from "../../layers/index.ts";
import type { Operation } from "./program.ts";
import type { WeightStore } from "./weight-store.ts";

/** What is known of a graph's values while its nodes are read one after the other. */
export interface GraphValues {
  readonly weights: WeightStore;
  /** The value that a name stands for. */
  value(name: string): string;
  /** A weight. @throws MidashError `unsupported` where it is computed */
  floats(node: GraphNode, n: number): GraphConstant & { readonly data: Float32Array };
  /** What makes a value, if nobody else reads it, so that it need not be made. */
  makerToTake(name: string): Operation | undefined;
  /** In place of what `name` is made by. */
  take(name: string): void;
}

/** @throws MidashError `unsupported` */
export function refuse(what: string): never {
  return fail("unsupported", what, {
    where: "webgpu-inference",
    hint: [["choose ", { option: "backend" }, " wasm or onnx"]],
  });
}
