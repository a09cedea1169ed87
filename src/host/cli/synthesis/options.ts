import type { DicomOptions } from "../io/ct-target.ts";
import type { PictureFlags } from "../io/pictures.ts";
import type { ConfigOptions } from "../io/setup.ts";
import type { PartFlags } from "../io/where-files-lie.ts";
import type { Orientation } from "./orientation.ts";
import type { SctFlags } from "./sct-plan.ts";

/** Options of `midash synthesize`. */
export interface SynthesizeOptions extends ConfigOptions, DicomOptions, PictureFlags, PartFlags, SctFlags {
  readonly mask?: string;
  readonly orientation?: string;
  /** Of cohorts. */
  readonly overwrite?: boolean;
  readonly pattern?: readonly string[];
  readonly column?: readonly string[];
  readonly input?: readonly string[];
  readonly frame?: string;
  readonly series?: string;
  readonly json?: boolean;
  readonly format?: string;
}

/** With what was read of them already. */
export interface AskedOptions extends SynthesizeOptions {
  /** What `--orientation` says. */
  readonly slices: Orientation | undefined;
}
