import type { PredictOptions } from "../../src/models/index.ts";
import { Random } from "../../src/random/index.ts";

/** For models that draw nothing. */
export const anyRandom: PredictOptions = { random: () => new Random(0) };
