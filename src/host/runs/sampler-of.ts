import { assert, fail } from "../../base/errors/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Registry } from "../../road/plugin/index.ts";
import type { Sampler, SamplerType } from "../../road/preparation/index.ts";
import { longFlag } from "./long-flag.ts";
import type { TrainSettings } from "./settings.ts";

/** Settings that a sampler may take. */
const KEYS = ["axis", "size", "fit", "overlap", "context", "perCase"] as const;

/** Settings that say how samples are cut. */
export const SAMPLER_SETTINGS = ["sampler", ...KEYS] as const;

/**
 * The sampler that the settings ask for, else the first that cuts such samples as the model takes. What a config gives beside its name (`{ name, ... }`) and the settings
 * are its options.
 *
 * @throws MidashError `invalid-argument`, `not-found`
 */
export function samplerOf(
  settings: TrainSettings,
  { name, input }: Pick<ModelSpec, "name" | "input">,
  registry: Registry,
): Sampler {
  const all = registry.samplers.map(({ part }) => part);
  const fitting = all.filter(({ dims }) => dims === input.dims).map(({ type }) => type);
  const { sampler: asked = fitting[0]! } = settings;
  const { name: chosen, ...own } = typeof asked === "string" ? { name: asked } : asked;
  const where = { option: "sampler" };
  const type = registry.sampler(chosen, { where: longFlag("sampler") });
  assert(
    type.dims === input.dims,
    `${chosen} are ${type.dims}-D, and this ${name} takes ${input.dims}-D samples`,
    {
      where,
      hint: `choose ${fitting.join(" or ")}, or a model of ${type.dims}-D samples`,
    },
  );
  const set = KEYS.filter((key) => settings[key] !== undefined);
  for (const key of [...Object.keys(own), ...set])
    if (!type.options.includes(key))
      fail("invalid-argument", `${chosen} have no such option`, {
        where: { option: key },
        hint: takenBy(all, key),
      });
  const options = { ...own, ...Object.fromEntries(set.map((key) => [key, settings[key]])) };
  assertSides(options, type);
  if (type.options.includes("fit")) assertTiles(options);
  return type.create(options);
}

function takenBy(types: readonly SamplerType[], key: string): string {
  const names = types.filter(({ options }) => options.includes(key)).map(({ type }) => type);
  return names.length > 0 ? `it is for ${names.join(" and ")}` : "leave it out";
}

function assertSides({ size }: Readonly<Record<string, unknown>>, { type, dims }: SamplerType): void {
  const example = dims === 3 ? "64x64x64" : "256x256";
  assert(
    !Array.isArray(size) || size.length === dims,
    `${type} take ${dims} numbers, got ${String(size).replaceAll(",", "x")}`,
    {
      where: { option: "size" },
      hint: `e.g. ${example}`,
    },
  );
}

/** Said here in flags: of slices only tiles overlap. */
function assertTiles({ fit, size, overlap }: Readonly<Record<string, unknown>>): void {
  assert(fit !== "tile" || size, "tile needs the size of a tile", {
    where: { option: "fit" },
    hint: "add --size, e.g. 128x128",
  });
  assert(fit === "tile" || overlap === undefined, "is for tiles only", {
    where: { option: "overlap" },
    hint: "add --fit tile",
  });
}
