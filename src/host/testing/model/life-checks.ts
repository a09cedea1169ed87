import type { Volume } from "../../../imaging/volume/index.ts";
import { isTrainable } from "../../../networks/models/index.ts";
import { decodeModel, encodeModel, type ModelBundle } from "../../../road/model-file/index.ts";
import { type Plugin, Registry } from "../../../road/plugin/index.ts";
import { definePreparation, type Sampler, Slicer, usualSteps } from "../../../road/preparation/index.ts";
import { Synthesizer } from "../../../road/synthesis/index.ts";
import {
  DEFAULT_NORMALIZERS,
  memoryRunStore,
  Trainer,
  type TrainerOptions,
} from "../../../road/training/index.ts";
import { broken, type Check, hold, type NotApplicable } from "../checks.ts";
import { difference } from "../compare.ts";
import { inputBatch, trainBatch } from "./data.ts";
import type { ModelLab } from "./lab.ts";

/** Of a whole life: tensors from first to last, stop and resume, training and synthesis by the library's own objects. */
export const LIFE_CHECKS = [
  {
    name: "tensorLeaks",
    needs: ["predictShape"],
    async run(lab) {
      const empty = await lab.tensors();
      const model = await lab.create();
      const step = isTrainable(model) ? lab.trainer(model) : undefined;
      const batch = inputBatch(lab.spec.input, 2, lab.size(1));
      const pair = trainBatch(lab.spec, 2, lab.size(1));
      await lab.predict(model, batch);
      await step?.(pair, 0); // makes the optimizers' moments
      const settled = await lab.tensors();
      const todo = "wrap the work in tf.tidy, or dispose what it made";
      for (const n of [1, 2]) await lab.predict(model, batch, n);
      const predicted = (await lab.tensors()) - settled;
      hold(predicted === 0, "no tensors left by predict", `${predicted} after two calls`, todo);
      for (const n of [1, 2]) await step?.(pair, n);
      const trained = (await lab.tensors()) - settled;
      hold(trained === 0, "no tensors left by trainStep", `${trained} after two steps`, todo);
      await lab.weights(model);
      const read = (await lab.tensors()) - settled;
      hold(read === 0, "no tensors left by weights()", String(read), todo);
      await lab.dispose();
      const left = (await lab.tensors()) - empty;
      hold(
        left === 0,
        "dispose() to free all tensors",
        `${left} left`,
        "dispose every variable in dispose()",
      );
      return `${settled - empty} tensors while it lives, none after`;
    },
  },
  {
    name: "exactResume",
    needs: ["seededTraining", "restoredWeights"],
    async run(lab) {
      const reason = await outsideTrainer(lab);
      if (reason) return reason;
      const store = memoryRunStore();
      const unbroken = await train(lab, { epochs: 2 });
      await train(lab, { epochs: 1, store });
      const resumed = await train(lab, { epochs: 2, store }, true).catch((cause: Error) =>
        broken("a stopped run to resume", `an error (${cause.message})`, CARRY_ALL),
      );
      const between = difference(resumed.weights, unbroken.weights, lab.exact);
      hold(
        between === undefined,
        "a run that was stopped after an epoch and resumed to end with the weights of one that was not",
        between ?? "",
        CARRY_ALL,
      );
      return `stopped after 2 of 4 steps and resumed${lab.exact ? ": the same bits" : ""}`;
    },
  },
  {
    name: "road",
    needs: ["predictBatchIndependent", "restoredWeights", "tensorLeaks"],
    async run(lab) {
      const { options } = lab;
      const { test } = await lab.dataset();
      const empty = await lab.tensors();
      const reason = await outsideTrainer(lab);
      const trained = reason ? await untrained(lab) : await train(lab, { epochs: 1 });
      const bundle = decodeModel(encodeModel(trained));
      const inputs: Record<string, Volume> = {};
      for (const [name, ref] of Object.entries(test[0]!.inputs)) inputs[name] = await ref.load();
      const source = Object.values(inputs)[0]!;
      const synthesise = async (batchSize: number) => {
        const { backend, signal } = options;
        const synthesizer = new Synthesizer(bundle, { backend, plugins: pluginsFor(lab), batchSize });
        try {
          return (await synthesizer.run(inputs, { signal })).sct;
        } finally {
          synthesizer.dispose();
        }
      };
      const [sct, again] = [await synthesise(4), await synthesise(1)];
      await lab.dispose();
      const volume = ({ data, shape }: Volume) => ({ sct: { data: Float32Array.from(data), shape } });
      const between = difference(volume(sct), volume(again), false);
      hold(
        between === undefined,
        "the same sCT whatever the batch size",
        between ?? "",
        "see predictBatchIndependent",
      );
      hold(
        sct.unit === "HU" && String(sct.shape) === String(source.shape),
        "HU on the MR's grid",
        `${sct.unit}, [${sct.shape}]`,
        "report this",
      );
      await new Promise((resume) => setTimeout(resume, 0)); // Synthesizer.dispose frees a moment later
      const left = (await lab.tensors()) - empty;
      hold(left === 0, "training and synthesis to free all tensors", `${left} left`, "see tensorLeaks");
      return `${reason ? "synthesised" : "trained by Trainer, stored, synthesised"}: ${sct.shape.join("×")} voxels`;
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];

const CARRY_ALL = "let weights(), state() and restore() carry all that the next step depends on";

/** Why the Trainer can't train this model. */
async function outsideTrainer(lab: ModelLab): Promise<NotApplicable | undefined> {
  if (await lab.createTrainable()) return undefined;
  return { skipped: "the model can only be asked, it has no trainStep" };
}

/** Whole slices; for a 3-D model patches, which overlap in the small phantom and go beyond it. */
function samplerFor(lab: ModelLab): Sampler {
  if (lab.spec.input.dims === 2) return Slicer.slices();
  const [d, h, w] = lab.size(1) as readonly [number, number, number];
  return Slicer.patches({ size: [d, h, w] });
}

/** Two steps an epoch. Without validation cases the result is the last epoch's. */
async function train(
  lab: ModelLab,
  run: Pick<TrainerOptions, "epochs" | "store">,
  resume = false,
): Promise<ModelBundle> {
  const { spec, options } = lab;
  const { backend, optimizer, signal } = options;
  const trainer = new Trainer({
    model: spec,
    backend,
    optimizer,
    sampler: samplerFor(lab),
    batchSize: 2,
    stepsPerEpoch: 2,
    patience: 0,
    ...run,
  });
  const events = trainer.fit(await lab.dataset(), { signal, resume });
  while (!(await events.next()).done);
  return trainer.result();
}

/** A model file of a model as it begins. */
async function untrained(lab: ModelLab): Promise<ModelBundle> {
  const { name, config } = lab.spec;
  const { test } = await lab.dataset();
  const { inputs } = test[0]!;
  const { spacing } = await Object.values(inputs)[0]!.load();
  return {
    schema: 1,
    model: { name, config },
    preparation: definePreparation({
      inputs: Object.keys(inputs).map((key) => ({ name: key })),
      steps: usualSteps({
        spacing,
        inputs: Object.fromEntries(Object.keys(inputs).map((key) => [key, DEFAULT_NORMALIZERS.input])),
        target: DEFAULT_NORMALIZERS.target,
      }),
      sampler: samplerFor(lab),
    }).toJSON(),
    background: { outside: "air", margin: 8 },
    weights: await lab.weights(await lab.create()),
    provenance: {
      library: "@midash/core",
      created: new Date(0).toISOString(),
      dataset: "none",
      trainedOn: "phantoms",
      cases: 0,
      seed: 0,
      backend: lab.options.session.backend,
      epochs: 0,
      steps: 0,
      settings: null,
    },
    intendedFor: "phantoms",
    metrics: {},
    licence: "UNLICENSED",
  };
}

/** By which the Synthesizer finds the model: none when it ships with the package. */
function pluginsFor(lab: ModelLab): readonly Plugin[] {
  const { spec, options } = lab;
  const definition = options.factory?.definition ?? { name: spec.name, about: spec.name, options: {} };
  const factory = options.factory ?? Object.assign(() => spec, { definition });
  if (new Registry().models.some(({ part }) => part === factory)) return [];
  return [{ name: `${spec.name} under test`, models: { [spec.name]: factory } }];
}
