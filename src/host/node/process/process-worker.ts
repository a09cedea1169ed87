/**
 * What a process of `processCases` runs: cases come as messages, and go into the folder of results. Ends with the process that started it.
 *
 * @module
 */
import { answerCalls } from "../../../base/calls/index.ts";
import type { NodePort } from "../../../base/platform/index.ts";
import { Registry } from "../../../road/plugin/index.ts";
import type { FoundCase } from "../layouts/index.ts";
import { optionalParts } from "./backend-choice.ts";
import type { PlanIdentity } from "./case-key.ts";
import type { SctMaker } from "./maker.ts";
import { openMaker } from "./open-maker.ts";
import { processKnown } from "./process-case.ts";

/** A case to process: plain data. */
export interface ProcessTask {
  readonly found: FoundCase;
  readonly identity: PlanIdentity;
  readonly out: string;
}

if (process.send) {
  let opened: { readonly plan: string; readonly maker: Promise<SctMaker> } | undefined;
  const makerOf = ({ plan }: PlanIdentity): Promise<SctMaker> => {
    const text = JSON.stringify(plan);
    if (opened?.plan !== text) {
      opened?.maker.then(
        (maker) => maker.dispose(),
        () => undefined,
      );
      opened = { plan: text, maker: openMaker(plan, { registry: new Registry(optionalParts()) }) };
    }
    return opened.maker;
  };
  // Whoever started this decides when it ends; a terminal sends its signals to all.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit());
  const port = {
    on: (_: string, listener: (message: unknown) => void) => process.on("message", listener),
    postMessage: (message: unknown) => {
      if (process.connected) process.send?.(message);
    },
  } as unknown as NodePort;
  answerCalls<ProcessTask>(port, async ({ found, identity, out }, _, { note }) => ({
    value: await processKnown(found, identity, { out, maker: () => makerOf(identity), onProgress: note }),
  }));
}
