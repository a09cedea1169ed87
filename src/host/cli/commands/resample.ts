import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { looksLikeCt } from "../../../imaging/hounsfield/index.ts";
import {
  backgroundOf,
  describeGrid,
  type Interpolation,
  paddingOf,
  resample,
  sameGrid,
  type Volume,
} from "../../../imaging/volume/index.ts";
import { type AddCommand, type Context, examples } from "../command.ts";
import { NO_REGISTRATION } from "../io/in-flags.ts";
import { type ReadOptions, readAny } from "../io/inputs.ts";
import { changeVolume, fromVolumeToVolume, type VolumeOptions } from "../io/volume-command.ts";

interface ResampleFlags extends VolumeOptions {
  readonly spacing?: string;
  readonly like?: string;
  readonly interpolation: string;
  readonly fill?: string;
  readonly antialias: boolean;
}

export const addResample: AddCommand = (program, context) => {
  const command = program
    .command("resample")
    .summary("bring a volume to another voxel size or onto another volume's grid")
    .description(
      "Resamples a volume through world space: to another voxel size over the same field of view, or onto the grid of another volume.",
    );
  fromVolumeToVolume(command)
    .option("--spacing <x,y,z>", "new voxel size in mm, along the volume's own axes")
    .option("--like <file>", "a volume whose grid is taken")
    .option("--interpolation <name>", "nearest (labels, masks), linear or cubic (B-spline)", "linear")
    .option(
      "--fill <value>",
      "beyond the field of view (default: -1024 for a CT, 0 for labels and masks, else the image's lowest value)",
    )
    .option("--no-antialias", "do not smooth where voxels grow (nearest never does)")
    .addHelpText(
      "after",
      examples(
        ["resample mr.nii.gz mr1mm.nii.gz --spacing 1,1,1", "1 mm cubes"],
        ["resample ct.mha ct-on-mr.mha --like mr.mha --unit HU", "a CT on the MR's grid, air outside it"],
        ["resample labels.nii.gz out.nii.gz --like mr.nii.gz --interpolation nearest", "labels stay labels"],
      ),
    )
    .action((input: string, out: string, flags: ResampleFlags) =>
      run(input, out, flags, context(flags, out)),
    );
};

async function run(input: string, out: string, flags: ResampleFlags, context: Context): Promise<void> {
  const { like, antialias } = flags;
  const interpolation = valueKinds
    .choice<Interpolation>(["nearest", "linear", "cubic"])
    .read(flags.interpolation, "--interpolation");
  assert((flags.spacing === undefined) !== (like === undefined), "needs one of --spacing and --like", {
    where: { call: "resample" },
    hint: "say where to resample to, e.g. --spacing 1,1,1",
  });
  const spacing =
    flags.spacing === undefined
      ? undefined
      : valueKinds.tuple(3, valueKinds.number({ above: 0 })).read(flags.spacing, "--spacing");
  const fill = flags.fill === undefined ? undefined : valueKinds.number().read(flags.fill, "--fill");
  const paths = { command: "resample", input, out, others: like === undefined ? [] : [like] };
  const change = async (volume: Volume, { formats, signal }: ReadOptions) => {
    const grid =
      like === undefined ? { spacing } : { like: await readAny(like, { formats, signal, frame: "0" }) };
    const beyond = fill === undefined ? fillOf(volume) : { value: fill, why: "--fill" };
    const result = resample(volume, { ...grid, interpolation, fill: beyond.value, antialias, signal });
    if (sameGrid(volume, result, 1e-4))
      return { volume: result, how: "its grid already, nothing was resampled" };
    const value = Number(beyond.value.toPrecision(6));
    return {
      volume: result,
      how: `resampled (${interpolation}) from ${describeGrid(volume)}; beyond its field of view ${value}: ${beyond.why}`,
      facts: { fill: { value: beyond.value, why: beyond.why } },
      warnings: [
        ...(like === undefined ? [] : [`${NO_REGISTRATION}.`]),
        ...(interpolation !== "nearest" && looksLikeLabels(volume)
          ? [
              "The values look like labels or a mask, which interpolation blends into others: use --interpolation nearest.",
            ]
          : []),
      ],
    };
  };
  await changeVolume(paths, flags, context, { change });
}

interface Beyond {
  readonly value: number;
  readonly why: string;
}

/** What lies beyond the field of view. A file that does not say its unit is judged by its values, and that is said. */
function fillOf(volume: Volume): Beyond {
  const { unit } = volume;
  if (unit === "HU") return { value: paddingOf(volume), why: "air, since it is a CT in HU" };
  if (unit === "arbitrary") return { value: paddingOf(volume), why: "its lowest value, since it is an MR" };
  if (looksLikeLabels(volume))
    return {
      value: 0,
      why: "no label, since its values look like labels or a mask; --unit or --fill says otherwise",
    };
  if (looksLikeCt(volume))
    return {
      value: paddingOf(volume.with({ unit: "HU" })),
      why: "air, since its values look like a CT; --unit arbitrary or --fill says otherwise",
    };
  return {
    value: backgroundOf(volume),
    why: "its lowest value, since the file does not say its unit; --unit HU if it is a CT, or --fill, says otherwise",
  };
}

/** Most classes that a label volume is taken to have. */
const MANY = 256;

/** Whole numbers from 0 up, 0 among them or one alone, few different ones, in pieces rather than as noise: the background of an image is a piece too, so it does not count. */
function looksLikeLabels({ data, scaling, unit }: Volume): boolean {
  if (unit !== "unknown" || scaling.slope !== 1 || scaling.intercept !== 0) return false;
  const seen = new Set<number>();
  let [alike, pairs] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (!Number.isInteger(v) || v < 0) return false;
    seen.add(v);
    if (seen.size > MANY) return false;
    const before = data[i - 1];
    if (v === 0 || !before) continue;
    pairs++;
    if (v === before) alike++;
  }
  if (!seen.has(0) && seen.size > 1) return false;
  return seen.size > 0 && alike >= 0.5 * pairs; // an image of integers has noise
}
