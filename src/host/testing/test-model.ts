import { assert, MidashError } from "../../base/errors/index.ts";
import type { OptionTable } from "../../base/options/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Optimizer } from "../../networks/learning/index.ts";
import { optimizers } from "../../networks/learning/index.ts";
import type { ModelConfig, ModelFactory, ModelSpec } from "../../networks/models/index.ts";
import { type Check, type CheckOptions, type ContractReport, runChecks } from "./checks.ts";
import { ModelLab } from "./model/lab.ts";
import { LIFE_CHECKS } from "./model/life-checks.ts";
import { PREDICT_CHECKS } from "./model/predict-checks.ts";
import { RECIPE_CHECKS } from "./model/recipe-checks.ts";
import { TRAINING_CHECKS } from "./model/training-checks.ts";
import { WEIGHT_CHECKS } from "./model/weight-checks.ts";

const CHECKS: readonly Check<ModelLab, ModelCheckName>[] = [
  ...RECIPE_CHECKS,
  ...WEIGHT_CHECKS.slice(0, 3),
  ...PREDICT_CHECKS,
  ...WEIGHT_CHECKS.slice(3), // they compare predictions
  ...TRAINING_CHECKS,
  ...LIFE_CHECKS,
];

/**
 * What {@link testModel} checks, in this order:
 *
 * - `options`: every option has a default and says why; the defaults go together
 * - `config`: is JSON; the factory makes an equal recipe of it
 * - `samples`: channels, dimensions, `multipleOf` and `range` make sense
 * - `create`, `weights`: gives a model; its weights are finite and have the shapes they state
 * - `seededWeights`: initial weights come from `random`
 * - `predictShape`: [N, H, W, out] or [N, D, H, W, out] with the channels of all outputs, finite, for several sizes and batches, the smallest included
 * - `predictKeepsInput`, `predictKeepsWeights`: asking changes nothing
 * - `predictRepeats`: the same question has the same answer
 * - `predictBatchIndependent`: a sample's answer does not depend on its neighbours in the batch (to 1e-4 of the largest value)
 * - `predictRange`: stays within each output's range
 * - `restoredWeights`, `wrongWeights`: `create({ weights })` makes the same model again, and refuses weights of another
 * - `trainStep`: finite losses, `loss` among them; updates by `step.optimize`; `weights()` are a snapshot
 * - `everyWeightLearns`: none stays as it was for several steps
 * - `maskedLoss`: what the target is where its mask is 0 has no influence on the update
 * - `learns`: the loss on one batch falls
 * - `seededTraining`: the same seed gives the same weights after several steps
 * - `tensorLeaks`: tensors neither pile up nor survive `dispose`
 * - `exactResume`: stopped and resumed by `Trainer`, it ends with the weights of a run that was not stopped
 * - `road`: trained by `Trainer`, stored, read, used by `Synthesizer` on a small simulated head
 */
export type ModelCheckName =
  | "options"
  | "config"
  | "samples"
  | "create"
  | "weights"
  | "seededWeights"
  | "predictShape"
  | "predictKeepsInput"
  | "predictKeepsWeights"
  | "predictRepeats"
  | "predictBatchIndependent"
  | "predictRange"
  | "restoredWeights"
  | "wrongWeights"
  | "trainStep"
  | "everyWeightLearns"
  | "maskedLoss"
  | "learns"
  | "seededTraining"
  | "tensorLeaks"
  | "exactResume"
  | "road";

/** Options of {@link testModel}. */
export interface TestModelOptions extends CheckOptions<ModelCheckName> {
  readonly backend: Backend;
  /**
   * Height, width and, for 3-D models, depth of samples: a multiple of `input.multipleOf`. Twice that is used too. Default: the
   * least such multiple from 16 on, since small is quick.
   */
  readonly size?: number;
  /** Steps after which `learns` wants the loss to have fallen. Default 20. */
  readonly learningSteps?: number;
  /** Default: the model's own, else Adam with a learning rate of 1e-3, so that 20 steps show something. */
  readonly optimizer?: Optimizer | Readonly<Record<string, Optimizer>>;
  /** Names of weights that training is meant to leave as they are. Default none. */
  readonly fixedWeights?: readonly string[];
}

/**
 * Checks that a model keeps the contract that `Trainer`, `Synthesizer`, checkpoints and model files rely on. Needs no test
 * runner: it throws when a check fails.
 *
 * @example
 * import { cpu } from "@midash/core/backends/cpu";
 * import { testModel } from "@midash/core/testing";
 * test("contract", () => testModel(MyNet, { backend: cpu(), config: { filters: 4 } }));
 *
 * @param model what `defineModel` gave, or a recipe made by it (which leaves out what needs the factory). Choose a small `config`
 * @throws MidashError that lists every failed check with what was expected, what was found and what to do; its `cause` is the
 *   {@link ContractReport}. `unsupported` when the backend can't run here, `aborted`
 */
export async function testModel<T extends OptionTable>(
  model: ModelFactory<T> | ModelSpec,
  options: TestModelOptions & { readonly config?: ModelConfig<T> },
): Promise<ContractReport> {
  const { backend, config, learningSteps = 20, fixedWeights = [], signal } = options;
  const factory = typeof model === "function" ? model : undefined;
  assert(factory || config === undefined, "config goes with a factory, not with a spec", {
    where: "testModel",
  });
  const spec = typeof model === "function" ? model(config) : model;
  assert(
    typeof spec?.create === "function",
    "the first argument must be what defineModel gave, or a ModelSpec",
    { where: "testModel" },
  );
  const { multipleOf } = spec.input;
  const { size = multipleOf * Math.ceil(16 / multipleOf) } = options;
  assert(size % multipleOf === 0, `size must be a multiple of ${multipleOf}, got ${size}`, {
    where: "testModel",
  });
  const supported = await backend.supports();
  if (supported !== true) throw new MidashError("unsupported", supported.reason, { where: backend.name });
  const session = await backend.open();
  assert(!session.graphs, "its session has no tensors", { where: backend.name });
  const lab = new ModelLab({
    backend,
    session,
    spec,
    factory: factory as ModelFactory | undefined,
    size,
    learningSteps,
    optimizer: options.optimizer ?? spec.optimizer ?? optimizers.adam({ learningRate: 1e-3 }),
    fixedWeights,
    signal,
  });
  try {
    return await runChecks(spec.name, CHECKS, lab, options, async () => {
      try {
        await lab.dispose();
      } catch {
        // What a failed check left may be half made; tensorLeaks is about dispose.
      }
    });
  } finally {
    session.close();
  }
}
