import { describe, expect, test } from "vitest";
import { ONNX_MODELS, shapeFor, trainedWeights } from "../../../../test/support/onnx-models.ts";
import type { Graph } from "../../layers/index.ts";
import { type ModelSpec, UNet } from "../../models/index.ts";
import { planArena } from "./arena.ts";
import { type Plan, planOf } from "./plan.ts";
import { readGraph } from "./read-graph.ts";
import { WeightStore } from "./weight-store.ts";

/** The least that WebGPU promises. */
const CARD = {
  device: { limits: { maxComputeWorkgroupStorageSize: 16_384, maxComputeInvocationsPerWorkgroup: 256 } },
  adapterInfo: {},
};

async function graphOf(spec: ModelSpec): Promise<Graph> {
  return (await spec.graph!(await trainedWeights(spec))).graph as Graph;
}

/** Shapes of a graph's inputs for samples of that size, channels first. */
function shapesOf({ inputs }: Graph, n: number, space: readonly number[]) {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => [name, shape.length === 1 ? [n] : [n, Number(shape[1]), ...space]]),
  );
}

function plannedFor(graph: Graph, n: number, space: readonly number[]): Plan {
  return planOf(readGraph(graph), shapesOf(graph, n, space), CARD);
}

describe("one arena", () => {
  test.each(ONNX_MODELS)(
    "%s: values that live together lie apart, in little more than the least possible",
    async (_, spec) => {
      const space = shapeFor(spec, 1, 4, 6).slice(1, -1);
      const { arena, bytes, steps, inputs, outputs } = plannedFor(await graphOf(spec), 3, space);
      expect(arena.bytes).toBeGreaterThanOrEqual(arena.least);
      expect(arena.bytes).toBeLessThanOrEqual(1.1 * arena.least);
      expect(arena.least).toBeLessThan(arena.sum);
      // Step by step: nothing that is written lies on anything that is read later.
      const lastRead = new Map<string, number>();
      for (const [n, { reads, writes }] of steps.entries())
        for (const name of [...reads, ...writes]) if (typeof name === "string") lastRead.set(name, n);
      for (const { value } of outputs) lastRead.set(value, steps.length);
      const alive = new Set(inputs.map(({ value }) => value));
      for (const [n, { writes }] of steps.entries()) {
        for (const name of writes) {
          const [from, size] = [arena.offsets.get(name)!, bytes.get(name)!];
          expect(from % 256).toBe(0);
          for (const other of alive) {
            if (other === name || lastRead.get(other)! < n) continue;
            const at = arena.offsets.get(other)!;
            expect(at + bytes.get(other)! <= from || from + size <= at, `${name} and ${other} at ${n}`).toBe(
              true,
            );
          }
          alive.add(name);
        }
      }
    },
  );

  test("a U-Net of 4 levels: what is on the card, and what is done", async () => {
    const graph = await graphOf(UNet({ baseFilters: 8, levels: 4 }));
    const { arena, steps } = plannedFor(graph, 8, [128, 128]);
    const value = 8 * 8 * 128 * 128 * 4; // one image of all channels at full size
    expect(arena.bytes).toBe(arena.least);
    expect(arena.bytes / value).toBeLessThan(3.1); // a skip, what comes from below, and the sum of both
    expect(arena.sum / arena.bytes).toBeGreaterThan(5);
    // Convolutions of the encoder, the decoder, in front of doublings and at the end; 14 norms of three passes, 3 halvings, 3 doublings.
    const convolutions = 8 + 6 + 3 + 1;
    expect(steps).toHaveLength(convolutions + 14 * 3 + 3 + 3);
  });

  test("values of no common time share a place", () => {
    const { offsets, bytes, least, sum } = planArena([
      { name: "a", bytes: 1000, from: 0, to: 1 },
      { name: "b", bytes: 500, from: 1, to: 2 },
      { name: "c", bytes: 1000, from: 2, to: 3 },
    ]);
    expect(Object.fromEntries(offsets)).toEqual({ a: 0, c: 0, b: 1024 });
    expect([bytes, least, sum]).toEqual([1536, 1536, 2560]);
  });
});

describe("reading a graph", () => {
  const typesOf = (graph: Graph) => readGraph(graph).operations.map(({ type }) => type);

  test("without instance norm a U-Net is convolutions, halvings and doublings alone", async () => {
    for (const norm of ["none", "batch"] as const)
      expect(new Set(typesOf(await graphOf(UNet({ baseFilters: 4, levels: 3, norm }))))).toEqual(
        new Set(["product", "halve", "doubleNearest"]),
      );
  });

  test("weights that are halves stay halves; others do not", async () => {
    const graph = await graphOf(UNet({ baseFilters: 16, levels: 2 }));
    const rounded: Graph = {
      ...graph,
      constants: graph.constants.map((constant) =>
        constant.data instanceof Float32Array
          ? { ...constant, data: constant.data.map((value) => Math.round(value * 64) / 64) }
          : constant,
      ),
    };
    const halves = (of: Graph) =>
      readGraph(of).operations.flatMap((each) => (each.type === "product" ? [each.filter.half] : []));
    expect(new Set(halves(graph))).toEqual(new Set([false]));
    expect(new Set(halves(rounded))).toEqual(new Set([true]));
    expect(readGraph(rounded).weights.bytes).toBeLessThan(0.6 * readGraph(graph).weights.bytes);
  });

  test.each([
    [[0, -0, 1, -65_504, 2 ** -14, 2 ** -24, 3 * 2 ** -24], true],
    [[65_536], false],
    [[1 + 2 ** -11], false],
    [[2 ** -25], false],
    [[1.5 * 2 ** -24], false],
    [[Number.NaN], false],
  ])("%j are halves: %s", (values, half) => {
    expect(new WeightStore().add(Float32Array.from(values), { mayHalve: true }).half).toBe(half);
  });

  test("what is not there is refused by name", async () => {
    const graph = await graphOf(UNet({ baseFilters: 4, levels: 1 }));
    const last = graph.nodes.length - 1;
    const before = graph.nodes[last]!.inputs[0]!;
    const ending = (type: string, attributes = {}): Graph => ({
      ...graph,
      nodes: [...graph.nodes.slice(0, last), { type, inputs: [before], outputs: ["output"], attributes }],
    });
    expect(() => readGraph(ending("Einsum"))).toThrow(
      "the network's operation Einsum is not one of this engine",
    );
    expect(() => readGraph(ending("Softmax", { axis: 2 }))).toThrow("Softmax over others than channels");
    const { nodes } = graph;
    const dilated = nodes.map((node) =>
      node.type === "Conv" ? { ...node, attributes: { ...node.attributes, dilations: [2, 2] } } : node,
    );
    expect(() => readGraph({ ...graph, nodes: dilated })).toThrow("Conv with dilations");
  });

  test("inputs that the network does not take", async () => {
    const program = readGraph(await graphOf(UNet({ baseFilters: 4, levels: 1 })));
    const plan = (shapes: Record<string, readonly number[]>) => () => planOf(program, shapes, CARD);
    expect(plan({})).toThrow('unet: the input "image" must have 4 axes and 1 channels, got none');
    expect(plan({ image: [1, 2, 8, 8] })).toThrow("got [1, 2, 8, 8]");
    expect(plan({ image: [1, 1, 8, 8], other: [1] })).toThrow('the network has no input "other"');
  });
});
