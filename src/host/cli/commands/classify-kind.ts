import { fail } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { looksLikeCt } from "../../../imaging/hounsfield/index.ts";
import type { Context } from "../command.ts";
import { readAny } from "../io/inputs.ts";
import { setupOf } from "../io/setup.ts";
import { STANDARD } from "../io/standard-streams.ts";
import type { ClassifyOptions } from "./classify-options.ts";

const KIND = valueKinds.choice(["density", "tissue", "brain"]);

/** `--kind`; where it is not given what the file leaves as the only choice, which is said. */
export async function classifyKind(
  input: string,
  options: ClassifyOptions,
  { output, signal }: Context,
): Promise<"density" | "tissue" | "brain"> {
  const { kind, frame, series } = options;
  if (kind !== undefined) return KIND.read(kind, "--kind");
  const missing = (what: string, hint: string) => fail("invalid-argument", what, { where: "--kind", hint });
  if (input === STANDARD) return missing("is missing", `choose ${KIND.values!.join(", ")}`);
  const { formats } = (await setupOf(options)).registry;
  const volume = await readAny(input, { formats, signal, frame, series });
  if (volume.unit === "arbitrary")
    return missing(`is missing, and ${input} is an MR`, "choose tissue or brain");
  if (volume.unit === "unknown" && !looksLikeCt(volume))
    return missing(
      `is missing, and ${input} does not say what it shows`,
      "choose density for a CT; tissue or brain for an MR",
    );
  const why = volume.unit === "HU" ? "is in HU" : "has values of a CT";
  output.say(`Kind: density, since ${input} ${why}; --kind says otherwise`);
  return "density";
}
