import { volumeFormats } from "../../imaging/formats/index.ts";
import { type LossTerm, losses, optimizers, schedules } from "../../networks/learning/index.ts";
import { augmentations, batchSources } from "../data/index.ts";
import { definePlugin, type NamedPart, type PartMaker } from "./plugin.ts";
import { synthesisParts } from "./synthesis-parts.ts";

/** A sum as a config gives it: by default of one, which shows how. */
function sumOf(
  { terms = [[1, "l1"]] }: { readonly terms?: readonly (readonly [LossTerm[0], NamedPart])[] } = {},
  make: PartMaker,
) {
  return losses.sum(terms.map(([weight, loss]) => [weight, make.loss(loss)]));
}

/** A warm-up as a config gives it. */
function warmupOf({ into = "constant", ...own }: { readonly into?: NamedPart } = {}, make: PartMaker) {
  return schedules.warmup({ ...own, into: make.schedule(into) });
}

/** What ships with the package: a plugin like any other. The first model and the first backend are the command line's defaults. */
export const builtin = /* @__PURE__ */ (() => {
  const { features: _, ...namedLosses } = losses; // all but the one whose network only code can give
  return definePlugin({
    ...synthesisParts,
    losses: { ...namedLosses, sum: sumOf },
    optimizers,
    schedules: { ...schedules, warmup: warmupOf },
    augmentations,
    batchSources,
    formats: Object.fromEntries(volumeFormats.map((format) => [format.name, format])),
  });
})();
