import type { Volume } from "../../imaging/volume/index.ts";

/** One image of a subject. */
export interface SubjectImage {
  readonly volume: Volume;
  /** Value of what lies beyond the field of view: MR's background, air for CT. */
  readonly outside: number;
}
