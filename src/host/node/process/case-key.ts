import { createHash } from "node:crypto";
import { version } from "../../../../package.json";
import type { FoundCase } from "../layouts/index.ts";
import { maskPath } from "../masks.ts";
import { withCompanions } from "../with-companions.ts";
import { fileDigest } from "./file-digest.ts";
import { headIdentity } from "./head-maker.ts";
import { modelIdentities } from "./model-maker.ts";
import type { SettledPlan } from "./process-plan.ts";

/** Counts changes of what is written for the same inputs, plan and models. */
const REVISION = 1;

/** A plan with what its models hold: all that decides what comes out, but for the cases. */
export interface PlanIdentity {
  readonly plan: SettledPlan;
  /** Of each model, what it is known by. */
  readonly models: readonly string[];
  /** Of the package. */
  readonly version: string;
}

/** Reads the model files, without opening them. @throws MidashError `not-found` or `io` */
export async function identityOf(plan: SettledPlan): Promise<PlanIdentity> {
  const { models = [] } = plan;
  return { plan, models: models.length > 0 ? await modelIdentities(models) : await headIdentity(), version };
}

/** A file of a case: where it lies, and the SHA-256 of what it holds. */
export interface InputDigest {
  readonly file: string;
  readonly sha256: string;
}

/** Of the case's files, those that may decide what comes out: its inputs, and the CT and mask where it is measured. */
export function decidingFiles(
  { files, inputs }: FoundCase,
  { preset }: SettledPlan,
): Readonly<Record<string, string>> {
  const roles = [...inputs, ...(preset === false ? [] : ["ct", "mask"])];
  return Object.fromEntries(
    roles.sort().flatMap((role) => {
      const file = files.get(role);
      return file === undefined ? [] : [[role, file]];
    }),
  );
}

/** The content of each file, of a folder all in it. @throws MidashError `not-found` or `io` */
export async function digestInputs(
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, InputDigest>>> {
  const found: Record<string, InputDigest> = {};
  for (const [role, path] of Object.entries(files)) {
    const { name = "", file } = role === "mask" ? await maskPath(path) : { file: path };
    const parts = [name];
    for (const one of await withCompanions(file).catch(() => [file])) parts.push(await fileDigest(one));
    found[role] = { file: path, sha256: parts.length === 2 && name === "" ? parts[1]! : textDigest(parts) };
  }
  return found;
}

/** Tells one state of inputs, plan, models and package from another: a SHA-256 in hex. */
export function caseKey(
  { plan, models, version }: PlanIdentity,
  inputs: Readonly<Record<string, InputDigest>>,
): string {
  // The models' files are known by what they hold, wherever they lie.
  const { models: _, ...how } = plan;
  const content = Object.entries(inputs).map(([role, { sha256 }]) => [role, sha256]);
  return textDigest([REVISION, version, models, how, content]);
}

/** The SHA-256 of plain data, in hex. */
export function textDigest(data: unknown): string {
  return createHash("sha256").update(JSON.stringify(data)).digest("hex");
}
