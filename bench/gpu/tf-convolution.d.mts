import type * as Tf from "@tensorflow/tfjs-core";
import type { ConvolutionCase } from "./cases.ts";
import type { ServedCase } from "./serve-engine.mjs";

export function convolutionOf(tf: typeof Tf, of: ConvolutionCase): ServedCase;
export function drained(tf: typeof Tf): Promise<void>;
