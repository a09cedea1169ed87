/**
 * What a thread of `prepareDataset` runs: cases come as messages, and go into the cache's folder.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { answerCalls } from "../../../base/calls/index.ts";
import { type PreparationJson, parsePreparation } from "../../../road/preparation/index.ts";
import { fileCase } from "../case-folder.ts";
import { FREE } from "../thread-pool.ts";
import { type PrepareTarget, prepareOne } from "./prepare-one.ts";

/** A case to prepare: paths and plain data. */
export interface PrepareTask extends Omit<PrepareTarget, "signal"> {
  readonly id: string;
  readonly patient?: string;
  readonly centre?: string;
  /** By name: inputs, ct, labels, mask. */
  readonly files: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  readonly labels: readonly string[];
  readonly preparation: PreparationJson;
}

if (parentPort)
  answerCalls<PrepareTask>(parentPort, async (task, _id, { note }) => {
    const { id, patient, centre, files, inputs, labels, preparation, ...target } = task;
    const source = {
      ...fileCase(id, id, new Map(Object.entries(files)), { inputs, labels }),
      ...(patient === undefined ? {} : { patient }),
      ...(centre === undefined ? {} : { centre }),
    };
    const onComputed = () => note(FREE);
    return { value: await prepareOne(source, parsePreparation(preparation), target, { onComputed }) };
  });
