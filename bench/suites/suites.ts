import type { Suite } from "../harness/suite.ts";
import { augment } from "./augment.ts";
import { folders } from "./folders.ts";
import { infer } from "./infer.ts";
import { loader } from "./loader.ts";
import { metrics } from "./metrics.ts";
import { prepare } from "./prepare.ts";
import { road } from "./road.ts";
import { train } from "./train.ts";
import { volumes } from "./volumes.ts";

/** All suites by name. */
export const SUITES: ReadonlyMap<string, Suite> = new Map(
  [road, train, loader, infer, metrics, volumes, folders, prepare, augment].map((suite) => [
    suite.name,
    suite,
  ]),
);
