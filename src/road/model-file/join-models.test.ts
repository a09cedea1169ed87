/** Models joined to one against the same models averaged by `Synthesizer`, and what is refused. */
import { describe, expect, test } from "vitest";
import { phantomSubject } from "../../imaging/phantom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { cpu, wasm } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { Dataset, volumeRef } from "../data/index.ts";
import { Normalizer, Slicer } from "../preparation/index.ts";
import { Synthesizer } from "../synthesis/index.ts";
import { Trainer } from "../training/index.ts";
import { decodeModel, encodeModel, joinModels, type ModelBundle } from "./index.ts";
import { exportOnnx } from "./onnx/index.ts";

const { inputs, ct } = await phantomSubject({
  seed: 5,
  subject: 0,
  shape: [20, 24, 12],
  spacing: [9, 9, 12],
});
const mr = inputs.t1!;
const one = { id: "a", inputs: { t1: volumeRef(mr) }, targets: { ct: volumeRef(ct) } };
const dataset = new Dataset({ train: [one], validation: [], test: [] }, { origin: "phantoms" });

async function trained(seed: number, classes: readonly string[] = []): Promise<ModelBundle> {
  const trainer = new Trainer({
    model: UNet({ baseFilters: 3, levels: 2, classes }),
    backend: wasm(),
    sampler: Slicer.slices({ size: [24, 20] }),
    // Unclipped: values beyond the window would be clipped in each model before they are averaged, in one model after.
    normalizer: { target: Normalizer.window({ min: -1024, max: 3072, output: [-2, 6], clip: false }) },
    learningRate: 2e-3,
    epochs: 1,
    stepsPerEpoch: 12,
    batchSize: 2,
    seed,
  });
  for await (const _ of trainer.fit(dataset));
  return trainer.result();
}

const members = [await trained(1), await trained(2), await trained(3)];
const how = { outside: "keep", allowPhantomModel: true } as const;
const synthesized = (
  models: ModelBundle | readonly ModelBundle[],
  options: { flips?: readonly ["x"] } = {},
) => new Synthesizer(models, { backend: wasm(), ...options }).run(mr, how);

/** The largest distance of two volumes. */
function apart(one: Volume, other: Volume): number {
  const [a, b] = [one.values(), other.values()];
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0);
}

describe("joinModels", () => {
  test("one file gives what its models give when Synthesizer averages them, the spread too", async () => {
    const joined = decodeModel(encodeModel(joinModels(members)));
    const [got, wanted] = [await synthesized(joined), await synthesized(members)];
    expect(Object.keys(got.maps)).toEqual(["spread"]);
    expect(apart(got.sct, wanted.sct)).toBeLessThan(0.01);
    expect(apart(got.maps.spread!, wanted.maps.spread!)).toBeLessThan(0.01);
    const { sct } = await synthesized(members[0]!);
    expect(apart(got.sct, sct), "one alone gives another").toBeGreaterThan(10);
  });

  test("its spread grows by that of mirrored images, as several models' does", async () => {
    const flips = { flips: ["x"] } as const;
    const [got, wanted] = [await synthesized(joinModels(members), flips), await synthesized(members, flips)];
    const one = await synthesized(joinModels(members));
    expect(apart(got.maps.spread!, one.maps.spread!), "mirrored images change it").toBeGreaterThan(10);
    expect(apart(got.maps.spread!, wanted.maps.spread!)).toBeLessThan(0.01);
  });

  test("it says where it comes from, and what its members were", () => {
    const { provenance, model, metrics } = joinModels(members, { cases: 7, metrics: { mae: 3 } });
    expect(model).toEqual({ name: "ensemble", config: { members: 3, of: members[0]!.model } });
    expect([provenance.cases, provenance.steps, provenance.epochs, metrics]).toEqual([7, 36, 3, { mae: 3 }]);
    expect(provenance.settings).toMatchObject({ members: [{ seed: 1 }, { seed: 2 }, { seed: 3 }] });
    expect(provenance.trainedOn).toBe("phantoms");
  });

  test("it becomes one ONNX file, of one image and all outputs", async () => {
    const bytes = await exportOnnx(joinModels(members));
    const single = await exportOnnx(members[0]!);
    expect(bytes.length).toBeGreaterThan(2.5 * single.length);
  });

  test("weights of too few members are refused", async () => {
    const joined = joinModels(members);
    const few = Object.entries(joined.weights).filter(([name]) => !name.startsWith("2/"));
    const broken = { ...joined, weights: Object.fromEntries(few) };
    await expect(new Synthesizer(broken, { backend: cpu() }).run(mr, how)).rejects.toThrow(
      "weights don't fit",
    );
  });

  test("models that differ, one alone, and models of several are refused", async () => {
    expect(() => joinModels([members[0]!])).toThrow("needs two models or more");
    const joined = joinModels(members);
    expect(() => joinModels([joined, joined])).toThrow("no member of another");
    const background = { outside: "keep", margin: 8 } as const;
    expect(() => joinModels([members[0]!, { ...members[1]!, background }])).toThrow(
      "differ in their background",
    );
    const model = { ...members[1]!.model, config: { levels: 3 } };
    expect(() => joinModels([members[0]!, { ...members[1]!, model }])).toThrow("differ in their model");
  });
});
