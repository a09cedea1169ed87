import { rm } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { exists } from "../files.ts";
import { type Lock, tryLock } from "../run-lock.ts";

/** What the folder of processed cases holds. */
export const PLACES = { cases: "cases", failed: "failed", claims: "claims", work: "tmp" } as const;

/** A claim of another machine that was not refreshed for so long is a dead machine's. */
const LEASE_MS = 600_000;
const LOCK_ENDING = ".lock";

/** Ids may hold what names of files can't; a name that begins with a dot would be hidden. */
function nameOf(id: string): string {
  assert(id !== "", "is empty", { where: "the id of a case" });
  return encodeURIComponent(id).replace(/^\./, "%2E");
}

/** The paths of one case. */
export function placesOf(out: string, id: string) {
  const name = nameOf(id);
  return {
    /** Its outputs and their record: whole, or not there. */
    outputs: join(out, PLACES.cases, name),
    /** Why it failed. */
    failure: join(out, PLACES.failed, `${name}.json`),
    /** Held by whoever works on it. */
    claim: join(out, PLACES.claims, name + LOCK_ENDING),
    /** Where its outputs are made. */
    work: join(out, PLACES.work, name),
  };
}

/** The id that a file of claims is of. */
export function claimedId(file: string): string | undefined {
  return file.endsWith(LOCK_ENDING) ? decodeURIComponent(file.slice(0, -LOCK_ENDING.length)) : undefined;
}

/** Takes a case for this process. @returns `undefined` when another process that lives has it */
export function claimCase(out: string, id: string): Promise<Lock | undefined> {
  return tryLock(placesOf(out, id).claim, { leaseMs: LEASE_MS });
}

/** Removes what a dead process left of a case, where it left anything; nothing while somebody works on it. */
export async function sweepCase(out: string, id: string): Promise<void> {
  const { claim, work } = placesOf(out, id);
  if (!(await exists(claim)) && !(await exists(work))) return;
  const lock = await claimCase(out, id);
  if (!lock) return;
  try {
    await rm(work, { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}
