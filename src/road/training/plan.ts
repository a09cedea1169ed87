import type { Triple } from "../../imaging/volume/index.ts";
import type { Preparation } from "../preparation/index.ts";

/** What a run does to its cases, with all that the first one settled. */
export interface RunPlan {
  readonly preparation: Preparation;
  /** Voxel size in mm that the model works at. */
  readonly spacing: Triple;
}
