import type { Warning } from "../../base/errors/index.ts";
import type { Grid, Volume } from "../../imaging/volume/index.ts";
import type { Subject } from "../preparation/index.ts";

/** A case as the model sees it. */
export interface PreparedCase {
  readonly id: string;
  /** On the model's grid, in the model's ranges. */
  readonly subject: Subject;
  /** Of the subject before each step. */
  readonly grids: readonly Grid[];
  /** What scores compare with: absent without a CT. */
  readonly reference?: Reference;
  /** What was doubtful about its images. */
  readonly warnings: readonly Warning[];
  /** Whether any of its images says that it was simulated. */
  readonly simulated: boolean;
  readonly bytes: number;
}

/** A case as it was when its CT was in HU for the last time: on the model's grid, before it was normalised. */
export interface Reference {
  readonly ct: Volume;
  readonly scored: Volume;
  /** How many steps it has gone through. Outputs come to its grid and unit by the way back through the others. */
  readonly steps: number;
}
