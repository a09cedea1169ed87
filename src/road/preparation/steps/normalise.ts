import { assert, fail } from "../../../base/errors/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import { Normalizer } from "../normalizer.ts";
import type { Output } from "../outputs.ts";
import type { Step, StepType } from "../step.ts";
import { stepOptions } from "../step-options.ts";
import { mapValues, type Subject, type SubjectImage } from "../subject.ts";

/** Options of {@link normalise}. */
export interface NormaliseOptions {
  /** By input. One that is not fitted is fitted on each volume, where the grid holds the scan (`masks.covered`). Others stay as they are. */
  readonly inputs: Readonly<Record<string, Normalizer>>;
  /** By target of kind `ct`. Fitted: what the model gives must lead back to HU without a CT at hand. */
  readonly targets: Readonly<Record<string, Normalizer>>;
}

/**
 * Brings intensities into the range that a network works in. Back: a `ct` of the same name as a target to HU, its `scale` to HU too; labels
 * are left.
 *
 * @throws MidashError `invalid-argument` for a target's normalizer that is not fitted
 */
export function normalise({ inputs, targets }: NormaliseOptions): Step {
  for (const [name, normalizer] of Object.entries(targets))
    assert(
      normalizer.isFitted,
      `the target's normalizer is not fitted, so its output can't be turned into HU`,
      { where: `normalise "${name}"`, hint: "use Normalizer.window, or fit it on training CTs" },
    );
  return {
    type: "normalise",
    async forward(subject, { where = "inputs" }) {
      const mayOverwrite = ownedIn(subject);
      return {
        ...subject,
        inputs: mapValues(subject.inputs, (image, name) => {
          const normalizer = inputs[name];
          if (!normalizer) return image;
          if (!normalizer.isFitted) assertVaries(image.volume, name, where);
          const fitted = normalizer.isFitted
            ? normalizer
            : normalizer.fit(image.volume, { mask: subject.masks.covered });
          return normalised(image, fitted, mayOverwrite(image));
        }),
        // Never in place: the CT in HU is what validation compares with.
        targets: mapValues(subject.targets, (image, name) =>
          image.kind === "ct" && targets[name] ? normalised(image, targets[name], false) : image,
        ),
      };
    },
    async backward(outputs) {
      return mapValues(outputs, (output, name): Output => {
        const normalizer = targets[output.kind === "scale" ? output.of : name];
        if (output.kind === "labels" || !normalizer) return output;
        const { volume } = output;
        const values = volume.values();
        const data =
          output.kind === "ct"
            ? normalizer.invertValues(values, values)
            : normalizer.invertSpread(values, values);
        return { ...output, volume: volume.with({ data, unit: "HU" }) };
      });
    },
    toJSON: () => ({ type: "normalise", inputs: plain(inputs), targets: plain(targets) }),
  };
}

export const normaliseType: StepType = {
  type: "normalise",
  parse(json) {
    const { inputs, targets } = stepOptions(json, ["inputs", "targets"]);
    return normalise({ inputs: normalizers(inputs, "inputs"), targets: normalizers(targets, "targets") });
  },
};

/** `Normalizer.apply`, in place where that is allowed: a volume less in memory, and less time to get at it. */
function normalised<T extends SubjectImage>(image: T, normalizer: Normalizer, inPlace: boolean): T {
  const values = image.volume.values();
  const data = normalizer.applyValues(values, inPlace || values !== image.volume.data ? values : undefined);
  const outside = normalizer.applyValues(Float32Array.of(image.outside))[0]!;
  return { ...image, volume: image.volume.with({ data, unit: "arbitrary" }), outside, own: true };
}

/** Whether an image is a step's own and no other image of the subject shares its values. */
function ownedIn({ inputs, targets }: Subject): (image: SubjectImage) => boolean {
  const all = [...Object.values(inputs), ...Object.values(targets)].map((image) => image.volume.data);
  return ({ own, volume }) => own === true && all.filter((data) => data === volume.data).length === 1;
}

/** Fitted on an empty image, a normalizer would blow its rounding errors up to the full range. */
function assertVaries({ data }: Volume, name: string, where: string): void {
  let low = data[0]!;
  let high = low;
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (v >= low && v <= high) continue;
    if (v < low) low = v;
    else if (v > high) high = v;
    // Resampled, a constant image varies by what float32 rounds.
    if (high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high))) return;
  }
  fail("invalid-argument", `the input "${name}" is ${data[0]} in every voxel`, {
    where,
    hint: "check that it is the right file",
  });
}

function plain(normalizers: Readonly<Record<string, Normalizer>>): Json {
  // JSON all the same: an interface has no index signature.
  return mapValues(normalizers, (normalizer) => normalizer.toJSON() as unknown as Json);
}

function normalizers(json: unknown, what: string): Record<string, Normalizer> {
  assert(typeof json === "object" && json !== null && !Array.isArray(json), `names no ${what}`, {
    where: "normalise",
  });
  return mapValues(json as Readonly<Record<string, unknown>>, Normalizer.fromJSON);
}
