import { assert, fail } from "../../../base/errors/index.ts";
import type { MetricPreset } from "../../../evaluation/metrics/index.ts";
import type { SctPlan } from "./sct-plan.ts";

/** What is done to each case: plain data. */
export interface ProcessPlan extends SctPlan {
  /** How files are written, an extension: "nii.gz", "mha", "nrrd", ... Default "nii.gz". */
  readonly format?: string;
  /** Density classes of the synthetic CT (air, fat, soft tissue, bone), as `density.<format>` and in the record. Default false. */
  readonly classify?: boolean;
  /** How a case that has a CT is measured against it; false: not at all. Default "synthrad2023": it counts in the body, or in the case's mask. */
  readonly preset?: MetricPreset | false;
  /** `report.html` with viewers in three planes, and numbers. Default false. */
  readonly report?: boolean;
}

/** A plan with all that was left out, in one order, so that the same plan is the same text. */
export type SettledPlan = Required<Pick<ProcessPlan, "format" | "classify" | "preset" | "report">> & SctPlan;

const NAMES = {
  models: "array",
  labels: "boolean",
  uncertainty: "boolean",
  flips: "array",
  draws: "number",
  seed: "number",
  outside: "string",
  allowPhantomModel: "boolean",
  backend: "string",
  format: "string",
  classify: "boolean",
  preset: "string",
  report: "boolean",
} as const satisfies Readonly<Record<keyof ProcessPlan, string>>;

/**
 * Reads a plan, which may come from a file or a request.
 *
 * @throws MidashError `invalid-argument` for what no plan has
 */
export function settledPlan(plan: ProcessPlan): SettledPlan {
  const where = { call: "processCase", option: "plan" };
  assert(typeof plan === "object" && plan !== null && !Array.isArray(plan), "must be an object", { where });
  for (const [name, value] of Object.entries(plan)) {
    const type = NAMES[name as keyof ProcessPlan];
    if (!Object.hasOwn(NAMES, name))
      fail("invalid-argument", `has no "${name}"`, {
        where,
        hint: `its members are ${Object.keys(NAMES).join(", ")}`,
      });
    if (value === undefined || (name === "preset" && value === false)) continue;
    const is = Array.isArray(value) ? "array" : typeof value;
    assert(is === type, `${name} must be of type ${type}, got ${is}`, { where });
  }
  const { format = "nii.gz", classify = false, preset = "synthrad2023", report = false, ...rest } = plan;
  assert(/^[a-z0-9][a-z0-9.]*$/i.test(format), `format must be an extension, got "${format}"`, {
    where,
    hint: "e.g. nii.gz",
  });
  const sct = Object.keys(NAMES).flatMap((name) => {
    const value = rest[name as keyof SctPlan];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...(Object.fromEntries(sct) as SctPlan), format, classify, preset, report };
}
