import type { Augmentation, LoaderSetup } from "../../road/data/index.ts";
import { Registry } from "../../road/plugin/index.ts";
import { parseSampler, type Sampler } from "../../road/preparation/index.ts";

/**
 * Why threads can't make samples as the run does; undefined where they can. They know the package's own samplers and augmentations, by JSON. A value of a plugin
 * may have the name and options of one of these and do something else, so that what it does is compared, too.
 */
export function whyNotAgain({ preparation: { sampler }, augmentations }: LoaderSetup): string | undefined {
  if (!isAgain(sampler, () => parseSampler(sampler.toJSON()), ["cut", "draw"]))
    return `the sampler ${sampler.type} is not of the package, and threads can't make it again`;
  const registry = new Registry();
  const other = augmentations.find(
    (one) => !isAgain(one, () => augmentationAgain(one, registry), ["apply", "move"]),
  );
  return other && `the augmentation ${other.name} is not of the package, and threads can't make it again`;
}

/** An augmentation made from its JSON. */
export function augmentationAgain(json: Pick<Augmentation, "toJSON">, registry: Registry): Augmentation {
  const { name, ...options } = json.toJSON() as { readonly name: string };
  return registry.augmentation(name, { options });
}

function isAgain<T extends Augmentation | Sampler>(
  given: T,
  make: () => T,
  methods: readonly string[],
): boolean {
  try {
    const made = make();
    const code = (value: T) =>
      methods.map((name) => String((value as unknown as Readonly<Record<string, unknown>>)[name]));
    return JSON.stringify([made, code(made)]) === JSON.stringify([given, code(given)]);
  } catch {
    return false; // no such part, or one that does not take these options
  }
}
