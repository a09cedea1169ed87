import { fail } from "../../base/errors/index.ts";

/** One named output of a model. */
export type OutputSpec = CtOutput | LabelsOutput | ScaleOutput;

/** An intensity: one channel, brought to HU by the inverse of the target's Normalizer. */
export interface CtOutput {
  readonly kind: "ct";
  readonly name: string;
  /**
   * The only values it can take (a sigmoid's [0, 1]). The trainer then scales its default target normalizer to it, and refuses
   * one that wants more. Default: any.
   */
  readonly range?: readonly [low: number, high: number];
}

/** Probabilities of classes that exclude each other: one channel a class, 1 in all. Class n is label n of the target volume. */
export interface LabelsOutput {
  readonly kind: "labels";
  readonly name: string;
  readonly classes: readonly string[];
}

/** How far another output may be off: one channel, positive, in that output's normalised units. */
export interface ScaleOutput {
  readonly kind: "scale";
  readonly name: string;
  /** The output that it speaks of. */
  readonly of: string;
}

/** Channels of one output. */
export function channelsOf(output: OutputSpec): number {
  return output.kind === "labels" ? output.classes.length : 1;
}

/** Channels of all outputs, in the order of which `predict` gives them. */
export function outputChannels(outputs: readonly OutputSpec[]): number {
  return outputs.reduce((sum, output) => sum + channelsOf(output), 0);
}

/**
 * Outputs from JSON of unknown origin: an ONNX file's metadata.
 *
 * @throws MidashError `invalid-file`
 */
export function parseOutputs(json: string, where: string): readonly OutputSpec[] {
  const wrong = (cause?: unknown) =>
    fail("invalid-file", "its outputs are not those of a recipe", { where, cause });
  let outputs: readonly unknown[];
  try {
    outputs = JSON.parse(json);
  } catch (cause) {
    return wrong(cause);
  }
  return Array.isArray(outputs) && outputs.length > 0 && outputs.every(isOutput) ? outputs : wrong();
}

function isOutput(value: unknown): value is OutputSpec {
  const { kind, name, range, classes, of } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const list = (x: unknown, type: string) => Array.isArray(x) && x.every((v) => typeof v === type);
  if (typeof name !== "string") return false;
  if (kind === "ct")
    return range === undefined || (list(range, "number") && (range as unknown[]).length === 2);
  if (kind === "labels") return list(classes, "string") && (classes as unknown[]).length > 1;
  return kind === "scale" && typeof of === "string";
}
