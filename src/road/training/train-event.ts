import type { NamedLosses } from "../../networks/models/index.ts";
import type { Provenance } from "../model-file/index.ts";
import type { BestEpoch } from "./checkpoint.ts";
import type { Watched } from "./watch.ts";

/** What a run reports while it goes. */
export type TrainEvent =
  | {
      readonly type: "start";
      readonly cases: number;
      readonly epoch: number;
      readonly epochs: number;
      readonly backend: string;
      readonly parameters: number;
      /** Parameters among them that stay as they are. */
      readonly frozen: number;
      /** The model that the run began with, where it was one. */
      readonly from: Provenance["from"];
      readonly spacing: readonly number[];
      readonly size: readonly number[];
      /** What is doubtful: what was found damaged on resuming, and how the run goes on; frozen weights that never learnt. */
      readonly warnings: readonly string[];
    }
  | {
      readonly type: "step";
      readonly epoch: number;
      readonly step: number;
      readonly loss: number;
      /** All that the model's `trainStep` gave. */
      readonly losses: NamedLosses;
    }
  | {
      readonly type: "epoch";
      readonly epoch: number;
      readonly epochs: number;
      /** Means over the epoch's steps. */
      readonly loss: number;
      readonly losses: NamedLosses;
      readonly validation: Watched | null;
      readonly best: boolean;
      readonly seconds: number;
    }
  | {
      readonly type: "end";
      readonly reason: "finished" | "early stopping";
      readonly epochs: number;
      readonly best: BestEpoch;
    };
