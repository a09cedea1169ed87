import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { SctPlan } from "../../node/index.ts";
import { longFlag } from "../../runs/index.ts";
import { collect } from "../io/inputs.ts";

/** Flags that say how a synthetic CT is made. */
export interface SctFlags {
  /** Empty: the model of heads. */
  readonly model?: readonly string[];
  readonly allowPhantomModel?: boolean;
  readonly labels?: boolean;
  readonly uncertainty?: boolean;
  readonly flips?: string;
  readonly draws?: string;
  readonly seed?: string;
  readonly outside?: string;
  readonly backend?: string;
}

/** How they are said everywhere; the first may be repeated. */
export const SCT_OPTIONS = [
  [
    "--model <file>",
    "the model (.safetensors), or an ONNX file that holds its steps (.onnx); repeated: an ensemble, whose mean is written (default: the model of heads)",
    collect,
  ],
  [
    "--allow-phantom-model",
    "show a measured MR to a model that was trained on phantoms: what it makes of a patient means nothing",
  ],
  ["--labels", "of the model of heads: also write ten classes of tissue as <out>_labels"],
  [
    "--uncertainty",
    "of the model of heads: also write what the synthetic CT may be off by, in HU, as <out>_uncertainty; takes four times as long",
  ],
  [
    "--flips <axes>",
    "ask for mirrored images too, and average: x (left and right), or more, e.g. x,y (default: none)",
  ],
  ["--draws <n>", "ask a model that draws so many times, and average (default: 1)"],
  ["--seed <n>", "of models that draw (default: 0)"],
  ["--outside <what>", "air, or keep what the model made outside the body (default: as the model says)"],
  [
    "--backend <name>",
    "one that midash doctor lists, or auto: the fastest that runs the model here (default: the first; for ONNX models auto)",
  ],
] as const;

/** What only a model of one's own can be asked. */
const OTHERS = ["flips", "draws", "seed", "mask", "outside", "input", "allowPhantomModel"] as const;

const OUTSIDE = valueKinds.choice(["air", "keep"] as const);
const FLIPS = valueKinds.list(valueKinds.choice(["x", "y", "z"] as const));
const DRAWS = valueKinds.integer({ min: 1 });
const SEED = valueKinds.integer({ min: 0 });

/** The plan that flags say. @throws MidashError `invalid-argument` */
export function sctPlanOf(flags: SctFlags & { readonly mask?: unknown; readonly input?: unknown }): SctPlan {
  const { model, labels, uncertainty, allowPhantomModel, flips, draws, seed, outside, backend } = flags;
  if (!model)
    for (const name of OTHERS)
      assert(flags[name] === undefined, "goes with --model only", {
        where: longFlag(name),
        hint: "leave it out, or name a model",
      });
  const read = {
    flips: flips === undefined ? undefined : FLIPS.read(flips, "--flips"),
    draws: draws === undefined ? undefined : DRAWS.read(draws, "--draws"),
    seed: seed === undefined ? undefined : SEED.read(seed, "--seed"),
    outside: outside === undefined ? undefined : OUTSIDE.read(outside, "--outside"),
  };
  return { models: model, labels, uncertainty, allowPhantomModel, backend, ...read };
}
