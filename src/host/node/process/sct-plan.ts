/** How a synthetic CT is made: plain data, the same for every case of a cohort. */
export interface SctPlan {
  /** Model files: `.safetensors`, or `.onnx` that hold their steps; of several the mean is taken. Default: none, the model of heads that ships. */
  readonly models?: readonly string[];
  /** Of the model of heads: ten classes of tissue, too. Default false. */
  readonly labels?: boolean;
  /** Of the model of heads: what the synthetic CT may be off by in HU, too; takes four times as long. Default false. */
  readonly uncertainty?: boolean;
  /** Of own models: axes along which images are mirrored, to average what comes out. Default: none. */
  readonly flips?: readonly ("x" | "y" | "z")[];
  /** Of own models that draw: how often, to average. Default 1. */
  readonly draws?: number;
  /** Of own models that draw. Default 0. */
  readonly seed?: number;
  /** Of own models: what is outside the body. Default: as the model says. */
  readonly outside?: "air" | "keep";
  /** Shows measured MRs to a model that was trained on phantoms. Default false. */
  readonly allowPhantomModel?: boolean;
  /** Name of the backend, or "auto". Default: the first of the registry; for ONNX models "auto". */
  readonly backend?: string;
}
