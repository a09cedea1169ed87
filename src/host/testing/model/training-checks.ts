import type { TrainableModel } from "../../../networks/models/index.ts";
import { type Check, hold, type NotApplicable } from "../checks.ts";
import { changed, copyOf, difference, listed } from "../compare.ts";
import { trainBatch, withOutside } from "./data.ts";
import type { ModelLab } from "./lab.ts";

/** Steps of the checks that need several but don't look at the loss. */
const FEW = 4;
const ASKED_ONLY: NotApplicable = { skipped: "the model can only be asked, it has no trainStep" };

/** Of a model that learns, step by step. */
export const TRAINING_CHECKS = [
  {
    name: "trainStep",
    needs: ["create", "samples", "weights"],
    async run(lab) {
      const model = await lab.createTrainable();
      if (!model) return ASKED_ONLY;
      const given = await model.weights();
      const before = copyOf(given);
      const { losses, calls } = await lab.trainer(model)(pairOf(lab), 0);
      const bad = Object.entries(losses ?? {}).find(([, value]) => !Number.isFinite(value));
      hold(!bad, "finite losses", `${bad?.[0]} = ${bad?.[1]}`, "look for a division by 0 or a log of 0");
      hold(
        typeof losses?.loss === "number",
        "trainStep to return { loss, ... }",
        JSON.stringify(losses) ?? "nothing",
        "name the one to watch `loss`",
      );
      hold(
        calls.optimize > 0,
        "trainStep to update by step.optimize",
        "no call of it",
        "step.optimize owns learning rate, schedule, clipping and what a checkpoint must keep",
      );
      hold(
        changed(before, await model.weights()).length > 0,
        "a step to change weights",
        "none changed",
        "give step.optimize the variables that weights() reads",
      );
      const touched = changed(before, given);
      hold(
        touched.length === 0,
        "weights() to give what the weights were when it was called",
        `${listed(touched)} changed with the step that followed`,
        "return copies",
      );
      return `losses ${Object.keys(losses).join(", ")}; ${calls.optimize} update${calls.optimize > 1 ? "s" : ""} a step`;
    },
  },
  {
    name: "everyWeightLearns",
    needs: ["trainStep"],
    async run(lab) {
      const model = await lab.createTrainable();
      if (!model) return ASKED_ONLY;
      const { fixedWeights } = lab.options;
      const before = await lab.weights(model);
      const unknown = fixedWeights.filter((name) => !(name in before));
      hold(
        unknown.length === 0,
        "fixedWeights to name weights",
        listed(unknown),
        `weights are ${listed(Object.keys(before))}`,
      );
      const step = lab.trainer(model);
      for (let n = 0; n < FEW; n++) await step(pairOf(lab), n);
      const moved = changed(before, await lab.weights(model));
      const still = Object.keys(before).filter((n) => !moved.includes(n) && !fixedWeights.includes(n));
      hold(
        still.length === 0,
        `every weight to change within ${FEW} steps`,
        `${listed(still)} never changed`,
        "give them to step.optimize and let the loss depend on them, or name them in the option fixedWeights",
      );
      return `${moved.length} of ${Object.keys(before).length} arrays changed within ${FEW} steps`;
    },
  },
  {
    name: "maskedLoss",
    needs: ["trainStep", "seededTraining"],
    async run(lab) {
      const pair = pairOf(lab);
      const after = async (batch: typeof pair) => {
        const model = await lab.createTrainable();
        if (!model) return undefined;
        const { calls } = await lab.trainer(model)(batch, 0);
        return calls.loss > 0 ? lab.weights(model) : undefined;
      };
      // Far on either side of what any model gives, so that an absolute error pulls both ways.
      const [one, other] = [
        await after(withOutside(lab.spec, pair, 50)),
        await after(withOutside(lab.spec, pair, -50)),
      ];
      if (!one || !other) return { skipped: "trainStep does not use step.loss" };
      const between = difference(one, other, lab.exact);
      hold(
        between === undefined,
        "the same update whatever the target is where its mask is 0",
        between ?? "",
        "give the masks of the targets to step.loss, or skip this check with the reason",
      );
      return "pixels of weight 0 teach nothing";
    },
  },
  {
    name: "learns",
    needs: ["trainStep"],
    async run(lab) {
      const model = await lab.createTrainable();
      if (!model) return ASKED_ONLY;
      const { learningSteps } = lab.options;
      const step = lab.trainer(model);
      const pair = pairOf(lab);
      // Always the same draw: a loss at random times or with noise could fall or rise by chance.
      const { loss: first } = (await step(pair, 0)).losses;
      for (let n = 1; n < learningSteps; n++) await step(pair, 0);
      const { loss: last } = (await step(pair, 0)).losses;
      const found = `${first.toPrecision(4)} at first, ${last.toPrecision(4)} after ${learningSteps} steps`;
      hold(
        last < first * 0.99,
        "the loss on one batch to fall by 1 % or more",
        found,
        "look at the sign of the loss and at what is optimised, or allow more learningSteps",
      );
      return `loss ${found}`;
    },
  },
  {
    name: "seededTraining",
    needs: ["trainStep", "seededWeights"],
    async run(lab) {
      const after = async () => {
        const model = await lab.createTrainable();
        return model && weightsAfter(lab, model, FEW);
      };
      const [one, other] = [await after(), await after()];
      if (!one || !other) return ASKED_ONLY;
      const between = difference(one, other, lab.exact);
      hold(
        between === undefined,
        `the same weights after ${FEW} steps with the same seed`,
        between ?? "",
        "draw from step.random alone, never from Math.random",
      );
      return `the same weights after ${FEW} steps${lab.exact ? ", bit for bit" : ""}`;
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];

function pairOf(lab: ModelLab) {
  return trainBatch(lab.spec, 2, lab.size(1));
}

async function weightsAfter(lab: ModelLab, model: TrainableModel, steps: number) {
  const step = lab.trainer(model);
  for (let n = 0; n < steps; n++) await step(pairOf(lab), n);
  return lab.weights(model);
}
