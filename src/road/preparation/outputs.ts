import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { mapValues } from "./subject.ts";

/** One output of a model as volumes on a grid. */
export type Output =
  /** In the target normalizer's range as the model gives it, in HU after the way back. */
  | { readonly kind: "ct"; readonly volume: Volume }
  /** The spread of the output `of`, in its unit. */
  | { readonly kind: "scale"; readonly of: string; readonly volume: Volume }
  /** Class n has the n-th probability volume. */
  | {
      readonly kind: "labels";
      readonly classes: readonly string[];
      readonly probabilities: readonly Volume[];
    };

/** A model's outputs by name. */
export type Outputs = Readonly<Record<string, Output>>;

/** The outputs on another grid: each volume as `move` gives it, knowing what lies beyond it: air, class 0, no spread. */
export function moveOutputs(outputs: Outputs, move: (volume: Volume, fill: number) => Volume): Outputs {
  return mapValues(outputs, (output): Output => {
    if (output.kind !== "labels")
      return { ...output, volume: move(output.volume, output.kind === "ct" ? AIR_HU : 0) };
    const { probabilities } = output;
    return { ...output, probabilities: probabilities.map((volume, n) => move(volume, n === 0 ? 1 : 0)) };
  });
}
