import { metrics } from "./metrics.ts";
import { road } from "./road.ts";
import type { Suite } from "./suite.ts";
import { train } from "./train.ts";

/** All suites by name. */
export const SUITES: ReadonlyMap<string, Suite> = new Map(
  [road, train, metrics].map((suite) => [suite.name, suite]),
);
