import type { DicomOptions } from "../io/ct-target.ts";
import type { ConfigOptions } from "../io/setup.ts";

/** Options of `midash synthesize`. */
export interface SynthesizeOptions extends ConfigOptions, DicomOptions {
  /** Empty: the model of heads. */
  readonly model?: readonly string[];
  readonly labels?: boolean;
  readonly uncertainty?: boolean;
  readonly flips?: string;
  readonly draws?: string;
  readonly seed?: string;
  readonly mask?: string;
  readonly outside?: string;
  readonly backend?: string;
  readonly input?: readonly string[];
  readonly frame?: string;
  readonly series?: string;
  readonly json?: boolean;
  readonly format?: string;
}
