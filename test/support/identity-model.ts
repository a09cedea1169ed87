import { option } from "../../src/base/options/index.ts";
import type { Triple } from "../../src/imaging/volume/index.ts";
import type { Backend, TensorSession } from "../../src/networks/backends/index.ts";
import { defineModel, type Model } from "../../src/networks/models/index.ts";
import type { ModelBundle } from "../../src/road/model-file/index.ts";
import { definePlugin } from "../../src/road/plugin/index.ts";
import {
  definePreparation,
  Normalizer,
  type Sampler,
  Slicer,
  type Step,
  usualSteps,
} from "../../src/road/preparation/index.ts";

/** What happened to the engine that computes nothing. */
interface Log {
  opened: number;
  closed: number;
  created: number;
  disposed: number;
  shapes: (readonly number[])[];
}

/** A backend without tensors, and a network that gives its first channel back: what is left is geometry. */
export function identityModel(multipleOf = 1, channels = 1) {
  const log: Log = { opened: 0, closed: 0, created: 0, disposed: 0, shapes: [] };
  const backend: Backend = {
    name: "none",
    supports: async () => true,
    open: async () => {
      log.opened++;
      const session = {
        backend: "none",
        seed: () => undefined,
        run: async (work: () => unknown) => work(),
        close: () => log.closed++,
      };
      return session as unknown as TensorSession;
    },
  };
  const identity = defineModel({
    name: "identity",
    about: "gives its first channel back",
    options: { any: option.integer({ default: 1, about: "nothing" }) },
    spec: () => ({
      input: { channels, dims: 2, multipleOf },
      outputs: [{ kind: "ct", name: "ct" }],
      async create() {
        log.created++;
        const model: Model = {
          async predict(batch) {
            log.shapes.push(batch.shape);
            const data = batch.data.filter((_, i) => i % channels === 0);
            return { data, shape: [...batch.shape.slice(0, 3), 1] };
          },
          weights: async () => ({}),
          dispose: () => void log.disposed++,
        };
        return model;
      },
    }),
  });
  return { log, backend, factory: identity, plugins: [definePlugin({ name: "test", models: { identity } })] };
}

export interface BundleOptions {
  readonly spacing?: Triple;
  readonly inputs?: readonly string[];
  readonly slicer?: Sampler;
  /** Further steps on the model's grid. */
  readonly steps?: readonly Step[];
  readonly normalizer?: Normalizer;
  readonly outside?: "air" | "keep";
}

/** -1000 to 3000 goes to 0 to 1 and back, so that the "CT" is the input itself. */
export function bundleOf(options: BundleOptions = {}): ModelBundle {
  const { spacing = [1, 1, 3], inputs = ["mr"], slicer = Slicer.slices(), outside = "keep", steps } = options;
  const target = Normalizer.window({ min: -1000, max: 3000, clip: false });
  const { normalizer = target } = options;
  return {
    schema: 1,
    model: { name: "identity", config: { any: 1 } },
    preparation: definePreparation({
      inputs: inputs.map((name) => ({ name })),
      steps: usualSteps({
        spacing,
        further: steps,
        inputs: Object.fromEntries(inputs.map((name) => [name, normalizer])),
        target,
      }),
      sampler: slicer,
    }).toJSON(),
    background: { outside, margin: 4 },
    weights: { w: { data: Float32Array.of(1, 2), shape: [2] } },
    provenance: {
      library: "@midash/core",
      created: "2025-01-01T00:00:00.000Z",
      dataset: "test",
      trainedOn: "patients",
      cases: 1,
      seed: 0,
      backend: "none",
      epochs: 1,
      steps: 1,
      settings: null,
    },
    intendedFor: "any",
    metrics: {},
    licence: "MIT",
  };
}
