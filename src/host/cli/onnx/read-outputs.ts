import { fail } from "../../../base/errors/index.ts";
import type { OutputSpec } from "../../../networks/models/index.ts";

/** How the channels of a network's output are written on the command line. */
export const OUTPUTS_FORM = "ct, NAME=CLASS/CLASS/..., NAME=scale:ct";

/**
 * What the channels of a network's output are, in their order: "ct,tissue=air/soft/bone,error=scale:ct".
 *
 * @throws MidashError `invalid-argument`
 */
export function readOutputs(text: string): readonly OutputSpec[] {
  return text.split(",").map((part): OutputSpec => {
    const [name = "", what, ...more] = part.trim().split("=");
    const classes = what?.split("/") ?? [];
    const of = /^scale:(.+)$/.exec(what ?? "")?.[1];
    if (name === "ct" && what === undefined) return { kind: "ct", name };
    if (name !== "" && more.length === 0 && of !== undefined) return { kind: "scale", name, of };
    if (name !== "" && more.length === 0 && classes.length > 1 && !classes.includes(""))
      return { kind: "labels", name, classes };
    return fail("invalid-argument", `must be a list of ${OUTPUTS_FORM}, got "${part.trim()}"`, {
      where: "--outputs",
      hint: "e.g. ct,tissue=air/soft/bone,error=scale:ct",
    });
  });
}
