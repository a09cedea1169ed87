import type { Grid } from "../../imaging/volume/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import type { Outputs } from "./outputs.ts";
import type { Subject } from "./subject.ts";

/** Who asks for a step, and until when. */
export interface StepContext {
  /** Whose images they are, to begin errors with. */
  readonly where?: string;
  readonly signal?: AbortSignal;
}

/** A step as plain data, in a model file. */
export type StepJson = { readonly type: string; readonly [option: string]: Json };

/**
 * Something that is done to a subject's images before the model, and undone to its outputs afterwards. Steps run in the order of their list,
 * and back in reverse.
 */
export interface Step {
  readonly type: string;
  /**
   * The subject after the step. Only values of images that are `own` may be overwritten.
   *
   * @throws MidashError for images that the step can't take
   */
  forward(subject: Subject, context: StepContext): Promise<Subject>;
  /**
   * Takes the outputs back to where they were before the step: they are the step's own, to overwrite as it likes. Absent where there is
   * nothing to undo.
   *
   * @param grid of the subject before `forward`
   */
  backward?(outputs: Outputs, grid: Grid, context: StepContext): Promise<Outputs>;
  /** The grid that `forward` gives for a subject on `grid`. Absent for steps that leave it. */
  gridAfter?(grid: Grid): Grid;
  /** Plain data, from which its type's `parse` makes it again. */
  toJSON(): StepJson;
}

/** A kind of step: how one is read from a model file. */
export interface StepType {
  /** The name that model files know it by. */
  readonly type: string;
  /** @throws MidashError for what `toJSON` would not write */
  parse(json: StepJson): Step;
}
