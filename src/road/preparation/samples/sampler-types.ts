import { MidashError } from "../../../base/errors/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { PatchOptions } from "./patch-options.ts";
import type { Sampler, SamplerType } from "./sampler.ts";
import type { SliceOptions } from "./slice-options.ts";
import { Slicer } from "./slicer.ts";

/** The samplers that ship, by the `type` of their JSON. */
export const samplerTypes: readonly SamplerType[] = [
  {
    type: "slices",
    dims: 2,
    options: ["axis", "size", "fit", "context", "overlap", "blend"] satisfies (keyof SliceOptions)[],
    create: Slicer.slices,
    parse(json) {
      const { size, ...rest } = read<{ size: [number, number] | null }>(json, ["axis", "fit"]);
      // Files written before there was context have none, which means 0.
      return Slicer.slices({ ...rest, size: size ?? undefined } as SliceOptions);
    },
  },
  {
    type: "patches",
    dims: 3,
    options: ["size", "overlap", "blend", "perCase"] satisfies (keyof PatchOptions)[],
    create: Slicer.patches,
    parse: (json) => Slicer.patches(read<PatchOptions>(json, ["size", "overlap", "blend", "perCase"])),
  },
];

/**
 * The inverse of {@link Sampler.toJSON}.
 *
 * @param types default: those that ship
 * @throws MidashError `invalid-file` when `json` is no sampler or of an unknown type; `invalid-argument` for impossible options
 */
export function parseSampler(json: Json, types: readonly SamplerType[] = samplerTypes): Sampler {
  const { type } = read<{ type: string }>(json, ["type"]);
  const known = types.find((t) => t.type === type);
  if (known) return known.parse(json);
  throw new MidashError("invalid-file", `unknown sampler "${type}"`, {
    where: "sampler",
    hint: "a newer version of this library or a plugin may know it",
  });
}

/** The options in a sampler's JSON. */
function read<T>(json: Json, required: readonly string[]): T {
  const value = json as Record<string, Json> | null;
  if (typeof value !== "object" || value === null || required.some((key) => value[key] === undefined))
    throw new MidashError("invalid-file", `not a sampler: ${JSON.stringify(json)}`, { where: "sampler" });
  return value as T;
}
