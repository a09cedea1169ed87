import type { PictureFlags } from "../io/pictures.ts";
import type { ConfigOptions } from "../io/setup.ts";

/** Options of `midash classify`, of all kinds. */
export interface ClassifyOptions extends ConfigOptions, PictureFlags {
  readonly kind?: string;
  readonly mask?: string;
  readonly classes?: string;
  readonly minMl?: string;
  readonly red?: string;
  readonly table?: string;
  readonly method?: string;
  readonly backend?: string;
  readonly contrast?: string;
  readonly pve?: string;
  readonly input?: readonly string[];
  readonly frame?: string;
  readonly series?: string;
  readonly json?: boolean;
}
