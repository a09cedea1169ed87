import { readRecords } from "@midash/core/node";
import type { Task } from "./queue.ts";

/** What became of a task, as its files tell. */
export type Outcome =
  | { readonly state: "done"; readonly files: readonly string[] }
  | { readonly state: "failed"; readonly reason: string };

interface Fault {
  readonly kind?: string;
  readonly what?: unknown;
  readonly hint?: unknown;
}

/** @returns undefined where nothing is there yet */
export async function outcomeOf({ case: { id }, out }: Task): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined;
  for (const record of await readRecords(out)) {
    if (record.id !== id) continue;
    if (record.status === "done")
      return { state: "done", files: [...Object.keys(record.outputs), "record.json"] };
    outcome = { state: "failed", reason: reasonOf(record.error) };
  }
  return outcome;
}

/** What is wrong and what to do, without the place: it would be a path of this machine. */
export function reasonOf(error: unknown): string {
  const { kind = "internal", what, hint } = (error ?? {}) as Fault;
  if (typeof what !== "string") return `the server could not do it (${kind})`;
  return [what, typeof hint === "string" ? hint : ""].filter(Boolean).join("; ");
}
