import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { TinyModel, tinyModel } from "../../../test/support/tiny-model.ts";
import type { MidashError } from "../../base/errors/index.ts";
import { option } from "../../base/options/index.ts";
import { Random } from "../../base/random/index.ts";
import { cpu } from "../../networks/backends/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";
import { optimizers } from "../../networks/learning/index.ts";
import type { Batch, ModelFactory, NamedLosses, TrainBatch, TrainStep } from "../../networks/models/index.ts";
import type { CheckProgress, CheckResult, ContractReport } from "./checks.ts";
import { type ModelCheckName, testModel } from "./test-model.ts";

const backend = cpu();

/** The checks that failed, from the error's report. */
function failedOf(error: MidashError): readonly CheckResult[] {
  return (error.cause as ContractReport).checks.filter((c) => !c.passed && !c.skipped);
}

describe("a model that keeps the contract", () => {
  test("passes; the report tells what was checked", async () => {
    const seen: string[] = [];
    const report = await testModel(tinyModel(), { backend, onProgress: ({ check }) => seen.push(check) });
    expect(report.name).toBe("tiny");
    expect(report.checks.map((c) => c.name)).toEqual(seen);
    expect(new Set(seen)).toEqual(new Set(Object.keys(BROKEN)));
    for (const check of report.checks) {
      expect(check.skipped, check.name).toBe(
        check.name === "predictRange" ? "no output has a range" : undefined,
      );
      if (!check.skipped)
        expect(check).toMatchObject({ passed: true, detail: expect.stringMatching(/.{4}/) });
    }
  });

  test("may be given as a recipe, without its factory", async () => {
    const report = await testModel(tinyModel()(), { backend });
    const skipped = report.checks.filter((c) => c.skipped).map((c) => c.name);
    expect(skipped).toEqual(["options", "predictRange"]);
  });

  test("that can only be asked passes what it can", async () => {
    const factory = tinyModel(TinyModel, {
      create: (session, options) =>
        session.run(() => {
          const model = new TinyModel(session, options);
          return {
            predict: model.predict.bind(model),
            weights: model.weights.bind(model),
            dispose: model.dispose.bind(model),
          };
        }),
    });
    const { checks } = await testModel(factory, { backend });
    const of = (name: string) => checks.find((c) => c.name === name);
    expect(of("learns")?.skipped).toBe("the model can only be asked, it has no trainStep");
    expect(of("road")).toMatchObject({ passed: true, detail: "synthesised: 20×24×4 voxels" });
  });
});

describe("options", () => {
  const maskBlind = () => tinyModel(NoMask);

  test("a check is skipped for a reason, which the report repeats", async () => {
    const report = await testModel(maskBlind(), { backend, skip: { maskedLoss: "whole slices count" } });
    const check = report.checks.find((c) => c.name === "maskedLoss");
    expect(check).toMatchObject({ passed: false, skipped: "whole slices count" });
  });

  test("skipping a check that is none, or without a reason, is refused", async () => {
    const skip = (given: object) => errorOf(testModel(tinyModel(), { backend, skip: given }));
    expect((await skip({ maskedLos: "x" })).message).toBe(
      'tiny: skip: there is no check "maskedLos"; did you mean "maskedLoss"?',
    );
    expect((await skip({ maskedLoss: "" })).message).toContain('skip: "maskedLoss" needs a reason');
  });

  test("weights that stay as they are may be named", async () => {
    await testModel(tinyModel(Forgotten), { backend, fixedWeights: ["hidden.bias"] });
    const error = await errorOf(testModel(tinyModel(), { backend, fixedWeights: ["nothing"] }));
    expect(failedOf(error).map((c) => c.name)).toEqual(["everyWeightLearns"]);
  });

  test("a signal ends it between and within checks, as an abort and not as a failed check", async () => {
    for (const last of ["options", "learns"]) {
      const controller = new AbortController();
      const onProgress = ({ check }: CheckProgress) => void (check === last && controller.abort());
      const error = await errorOf(testModel(tinyModel(), { backend, signal: controller.signal, onProgress }));
      expect(error.kind).toBe("aborted");
    }
  });

  test("a backend that can't run here, a size that does not fit and a config beside a spec are refused", async () => {
    const absent = { ...backend, supports: async () => ({ reason: "no such device" }) };
    expect((await errorOf(testModel(tinyModel(), { backend: absent }))).kind).toBe("unsupported");
    const coarse = tinyModel(TinyModel, { input: { channels: 1, dims: 2, multipleOf: 8 } });
    const error = await errorOf(testModel(coarse, { backend, size: 12 }));
    expect(error.message).toBe("testModel: size must be a multiple of 8, got 12");
    await errorOf(testModel(tinyModel()(), { backend, config: {} }));
  });
});

/** Never draws from what it is given. */
class OwnRandom extends TinyModel {
  override initial(): NamedArrays {
    return super.initial(new Random("always the same"));
  }
}
class Crop extends TinyModel {
  override async predict(...given: Parameters<TinyModel["predict"]>): Promise<Batch> {
    const output = await super.predict(...given);
    const [n, h, w] = output.shape as [number, number, number];
    return { ...output, shape: [n, h, w - 1, 1], data: output.data.subarray(0, n * h * (w - 1)) };
  }
}
class WritesInput extends TinyModel {
  override async predict(...given: Parameters<TinyModel["predict"]>): Promise<Batch> {
    const output = await super.predict(...given);
    given[0].data[3] = 0;
    return output;
  }
}
/** As batch norm that goes on following its statistics. */
class Follows extends TinyModel {
  override async predict(...given: Parameters<TinyModel["predict"]>): Promise<Batch> {
    const output = await super.predict(...given);
    await this.session.run(() => {
      const { tf } = this.session.tensors;
      tf.tidy(() => this.variables["hidden.bias"]!.assign(tf.add(this.get("hidden.bias"), 1e-6)));
    });
    return output;
  }
}
class Noise extends TinyModel {
  override forward(x: Tensor4D): Tensor4D {
    const { tf } = this.session.tensors;
    return tf.add(super.forward(x), tf.randomNormal(x.shape, 0, 1e-3));
  }
}
class BatchMean extends TinyModel {
  override forward(x: Tensor4D): Tensor4D {
    const { tf } = this.session.tensors;
    return super.forward(tf.sub(x, tf.mean(x)));
  }
}
class IgnoresWeights extends TinyModel {
  override checked(weights: NamedArrays): NamedArrays {
    return { ...super.checked(weights), "output.bias": { data: Float32Array.of(0.1 + 1e-7), shape: [1] } };
  }
}
class TakesAll extends TinyModel {
  override checked(weights: NamedArrays): NamedArrays {
    return { ...this.initial(new Random(0)), ...weights };
  }
}
class OwnUpdate extends TinyModel {
  override trainStep({ input, targets }: TrainBatch): Promise<NamedLosses> {
    return this.session.run(async () => {
      const { tf } = this.session.tensors;
      const [x, y] = [this.tensor(input), this.tensor(targets.ct!)];
      const sgd = () => {
        const { value, grads } = tf.variableGrads(
          () => tf.mean(tf.abs(tf.sub(this.forward(x), y))),
          Object.values(this.variables),
        );
        for (const v of Object.values(this.variables)) v.assign(tf.sub(v, tf.mul(grads[v.name]!, 0.01)));
        return value.dataSync()[0]!;
      };
      const loss = tf.tidy(() => sgd() as never) as unknown as number;
      tf.dispose([x, y]);
      return { loss };
    });
  }
}
/** Gives `change` a say in each step. */
function stepping(
  change: (step: TrainStep, batch: TrainBatch, model: TinyModel) => TrainStep,
): typeof TinyModel {
  return class extends TinyModel {
    override trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
      return super.trainStep(batch, change(step, batch, this));
    }
  };
}
const Forgotten = stepping((step, _batch, { variables }) => ({
  ...step,
  optimize: (name, _all, loss) => {
    const { "hidden.bias": _, ...others } = variables;
    return step.optimize(name, others, loss);
  },
}));
const NoMask = stepping((step, _batch, { session }) => ({
  ...step,
  loss: (outputs, { ct }) => {
    const weight = session.tensors.tf.onesLike(ct!.weight);
    return step.loss(outputs, { ct: { ...ct!, weight } });
  },
}));
const Climbs = stepping(
  (
    step,
    _batch,
    {
      session: {
        tensors: { tf },
      },
    },
  ) => ({
    ...step,
    optimize: async (name, variables, loss) => {
      const { loss: value, skipped } = await step.optimize(name, variables, () => tf.neg(loss()));
      return { loss: -value, skipped };
    },
  }),
);
const MathRandom = stepping(
  (
    step,
    _batch,
    {
      session: {
        tensors: { tf },
      },
    },
  ) => ({
    ...step,
    loss: (...given) => tf.mul(step.loss(...given), 1 + 0.1 * Math.random()),
  }),
);
/** Its rate depends on how many steps this object did, which no checkpoint knows. */
class Counts extends TinyModel {
  #steps = 0;
  override trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.session.tensors;
    const weight = ++this.#steps % 3 === 0 ? 0.1 : 1;
    return super.trainStep(batch, { ...step, loss: (...given) => tf.mul(step.loss(...given), weight) });
  }
}
class Leaks extends TinyModel {
  override tensor(batch: Parameters<TinyModel["tensor"]>[0]): Tensor4D {
    const tensor = super.tensor(batch);
    this.session.tensors.tf.keep(tensor.clone());
    return tensor;
  }
}
/** Right on the samples that the other checks give; HU far away on a padded slice. */
class SizeDependent extends TinyModel {
  override predict(...given: Parameters<TinyModel["predict"]>): Promise<Batch> {
    const [n, h] = given[0].shape;
    if (h === 24 && n! > 3)
      return super.predict({ ...given[0], data: given[0].data.map((v) => v + 1) }, given[1]);
    return super.predict(...given);
  }
}

/** Another optimizer at each call. */
function fickle(): ModelFactory {
  const steady = tinyModel();
  let calls = 0;
  const factory = (config?: object) => ({
    ...steady(config),
    optimizer: optimizers.adam({ learningRate: 1e-3, epsilon: ++calls * 1e-8 }),
  });
  return Object.assign(factory, { definition: steady.definition });
}
class MisstatesShape extends TinyModel {
  override async weights(): Promise<NamedArrays> {
    const weights = await super.weights();
    return { ...weights, "output.bias": { data: weights["output.bias"]!.data, shape: [2] } };
  }
}
const silent = { steps: option.integer({ default: 1, min: 1, about: " " }) };
const within = (low: number, high: number) => ({
  outputs: [{ kind: "ct", name: "ct", range: [low, high] } as const],
});

/** For each check a model that breaks just what it is about. */
const BROKEN: Readonly<Record<ModelCheckName, ModelFactory>> = {
  options: tinyModel(TinyModel, { options: silent }),
  config: fickle(),
  samples: tinyModel(TinyModel, within(1, 0)),
  create: tinyModel(TinyModel, { create: () => Promise.reject(new Error("no such op")) }),
  weights: tinyModel(MisstatesShape),
  seededWeights: tinyModel(OwnRandom),
  predictShape: tinyModel(Crop),
  predictKeepsInput: tinyModel(WritesInput),
  predictKeepsWeights: tinyModel(Follows),
  predictRepeats: tinyModel(Noise),
  predictBatchIndependent: tinyModel(BatchMean),
  predictRange: tinyModel(TinyModel, within(0, 1)),
  restoredWeights: tinyModel(IgnoresWeights),
  wrongWeights: tinyModel(TakesAll),
  trainStep: tinyModel(OwnUpdate),
  everyWeightLearns: tinyModel(Forgotten),
  maskedLoss: tinyModel(NoMask),
  learns: tinyModel(Climbs),
  seededTraining: tinyModel(MathRandom),
  tensorLeaks: tinyModel(Leaks),
  exactResume: tinyModel(Counts),
  road: tinyModel(SizeDependent),
};

describe("a broken model fails the check that is about it, and no other", () => {
  test.each(Object.entries(BROKEN))("%s", async (name, factory) => {
    const error = await errorOf(testModel(factory, { backend }));
    const failed = failedOf(error);
    expect(failed.map((c) => `${c.name}: ${c.detail}`)).toEqual([
      expect.stringMatching(`^${name}: (expected .*; found .*; .*\\.|no such op)$`),
    ]);
    expect(error.message).toContain(`tiny: 1 of 22 checks failed: [${name}] ${failed[0]!.detail}`);
  });
});
