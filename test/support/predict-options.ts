import { Random } from "../../src/base/random/index.ts";
import type { PredictOptions } from "../../src/networks/models/index.ts";

/** For models that draw nothing. */
export const anyRandom: PredictOptions = { random: () => new Random(0) };
