import { paired } from "./paired.ts";
import { unpaired } from "./unpaired.ts";

/** Batch sources that ship with the package, by the names that models and configs use. */
export const batchSources = { paired, unpaired } as const;
