import type { SctMaker } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { trainingWords } from "../io/model-words.ts";

/** In the cohort's folder: what became of each case. */
export const SUMMARY = "synthesis.json";

/** What became of a case. */
export type CaseEnd = { readonly id: string } & (
  | {
      readonly status: "made" | "skipped";
      readonly files: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly status: "failed"; readonly kind: string; readonly reason: string }
);

/** What `--json` and {@link SUMMARY} say. @param pending the cases that are still to come: none, unless it was stopped */
export function summaryOf(
  input: string,
  out: string,
  ends: readonly CaseEnd[],
  maker: SctMaker,
  settings: object,
  pending: readonly string[],
) {
  const of = (status: CaseEnd["status"]) => ends.filter((end) => end.status === status).map(({ id }) => id);
  const failed = ends.flatMap((end) =>
    end.status === "failed" ? [{ id: end.id, kind: end.kind, reason: end.reason }] : [],
  );
  return {
    command: "synthesize",
    note: DISCLAIMER,
    input,
    output: out,
    trainedOn: maker.trainedOn,
    intendedFor: maker.intendedFor,
    models: maker.models,
    settings,
    made: of("made"),
    skipped: of("skipped"),
    failed,
    pending,
    cases: ends,
  };
}

/** For people: warnings first, failures last. */
export function sayEnds(ends: readonly CaseEnd[], maker: SctMaker, out: string, { output }: Context): void {
  const count = (status: CaseEnd["status"]) => ends.filter((end) => end.status === status).length;
  for (const end of ends)
    if (end.status !== "failed")
      for (const warning of end.warnings) output.say(`Warning: ${end.id}: ${warning}`);
  output.say(
    `${out}: ${count("made")} synthetic CTs made, ${count("skipped")} there before, ${count("failed")} failed; ${SUMMARY} lists them`,
  );
  for (const line of trainingWords(maker.trainedOn)) output.say(line);
  output.say(DISCLAIMER);
  for (const end of ends) if (end.status === "failed") output.say(`${end.id}: ${end.reason}`);
}
