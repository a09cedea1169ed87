import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import {
  describeGrid,
  type Interpolation,
  resample,
  sameGrid,
  type Volume,
} from "../../../imaging/volume/index.ts";
import { type AddCommand, type Context, examples } from "../command.ts";
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
    .option("--fill <value>", "beyond the field of view (default: -1024 for HU, else 0)")
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
    const result = resample(volume, { ...grid, interpolation, fill, antialias, signal });
    const same = sameGrid(volume, result, 1e-4);
    return {
      volume: result,
      how: same
        ? "its grid already, nothing was resampled"
        : `resampled (${interpolation}) from ${describeGrid(volume)}`,
    };
  };
  await changeVolume(paths, flags, context, { change });
}
