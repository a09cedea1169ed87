import { assert, MidashError, oneLine, orNearest, throwIfAborted } from "../../base/errors/index.ts";

/** How one check went. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why it did not run. It neither passed nor failed then. */
  readonly skipped?: string;
  /** What was looked at and found; for a failed check what was expected, what was found, and what to do. */
  readonly detail: string;
  readonly seconds: number;
}

/** What a contract suite resolves to; also the `cause` of the error that it throws when a check fails. */
export interface ContractReport {
  /** Of the part that was checked. */
  readonly name: string;
  readonly checks: readonly CheckResult[];
}

/** Before each check: which, and how many are done of how many. */
export interface CheckProgress {
  readonly check: string;
  readonly done: number;
  readonly total: number;
}

/** Options that all contract suites share. */
export interface CheckOptions<Name extends string> {
  /**
   * Checks that this part can't pass for a good reason, with the reason, which the report repeats:
   * `{ maskedLoss: "the discriminator sees whole slices" }`.
   */
  readonly skip?: Readonly<Partial<Record<Name, string>>>;
  /** Checked between checks, and within the long ones. */
  readonly signal?: AbortSignal;
  /** Called before each check. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** One promise of a contract. `Lab` is what its checks work on. */
export interface Check<Lab, Name extends string> {
  readonly name: Name;
  /** Checks without which this one would say nothing new: when one of them failed or could not run, this one is skipped. */
  readonly needs?: readonly Name[];
  /** @returns what was found, or why there is nothing to check; throws when the promise is broken */
  run(lab: Lab): Promise<string | NotApplicable>;
}

/** The part does not have what a check is about. */
export interface NotApplicable {
  readonly skipped: string;
}

/**
 * Runs checks one after the other, all of them even when some fail.
 *
 * @param release called after each check, to free what it left behind
 * @param more what else the report tells, asked for at the end
 * @throws MidashError `invalid-argument` that lists all failed checks, with the report as its `cause`; `aborted`
 */
export async function runChecks<Lab, Name extends string, More extends object = object>(
  name: string,
  checks: readonly Check<Lab, Name>[],
  lab: Lab,
  options: CheckOptions<Name>,
  release: () => Promise<void> = async () => undefined,
  more: () => More = () => ({}) as More,
): Promise<ContractReport & More> {
  const { signal, onProgress } = options;
  const skip: Readonly<Record<string, string | undefined>> = options.skip ?? {};
  const known = checks.map((check) => check.name);
  for (const key of Object.keys(skip)) {
    assert(known.includes(key as Name), `skip: there is no check "${key}"`, {
      where: name,
      hint: orNearest(key, known),
    });
    assert(skip[key], `skip: "${key}" needs a reason`, { where: name, hint: `e.g. { ${key}: "why" }` });
  }
  const results: CheckResult[] = [];
  const lost = new Set<string>(); // failed, or not run because what they need failed
  for (const check of checks) {
    throwIfAborted(signal);
    onProgress?.({ check: check.name, done: results.length, total: checks.length });
    const need = check.needs?.find((name) => lost.has(name));
    const reason = skip[check.name] ?? (need && `it needs ${need}, which failed`);
    const started = performance.now();
    const outcome: Outcome = reason
      ? { passed: false, skipped: reason, detail: "" }
      : await outcomeOf(check, lab);
    results.push({ name: check.name, ...outcome, seconds: (performance.now() - started) / 1000 });
    if (need || (!outcome.passed && !outcome.skipped)) lost.add(check.name);
    await release();
  }
  const report = { name, checks: results, ...more() };
  const failed = results.filter((r) => !r.passed && !r.skipped);
  if (failed.length > 0)
    throw new MidashError(
      "invalid-argument",
      `${failed.length} of ${results.length} checks failed: ${failed.map((r) => `[${r.name}] ${r.detail}`).join(" ")}`,
      { where: name, cause: report },
    );
  return report;
}

type Outcome = Pick<CheckResult, "passed" | "skipped" | "detail">;

async function outcomeOf<Lab, Name extends string>(check: Check<Lab, Name>, lab: Lab): Promise<Outcome> {
  try {
    const found = await check.run(lab);
    if (typeof found === "string") return { passed: true, detail: found };
    return { passed: false, skipped: found.skipped, detail: "" };
  } catch (error) {
    if (MidashError.is(error) && error.kind === "aborted") throw error;
    const detail = error instanceof Error ? error.message : String(error);
    return { passed: false, detail: oneLine(detail) };
  }
}

/** Fails a check. `todo` is for the author of the part. */
export function broken(expected: string, found: string, todo: string): never {
  throw new MidashError("invalid-argument", `expected ${expected}; found ${found}`, { hint: `${todo}.` });
}

/** Fails a check unless `condition` holds. */
export function hold(condition: unknown, expected: string, found: string, todo: string): asserts condition {
  if (!condition) broken(expected, found, todo);
}
