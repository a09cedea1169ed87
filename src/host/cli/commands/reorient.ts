import { orientationOf, reorient } from "../../../imaging/volume/index.ts";
import { type AddCommand, examples } from "../command.ts";
import { changeVolume, fromVolumeToVolume, type VolumeOptions } from "../io/volume-command.ts";

interface ReorientOptions extends VolumeOptions {
  readonly to: string;
}

export const addReorient: AddCommand = (program, context) => {
  const command = program
    .command("reorient")
    .summary("store a volume's axes in another order")
    .description(
      "Permutes and flips the axes of a volume, so that they run along the letters given. No value is changed or interpolated, and each stays where it is in space.",
    );
  fromVolumeToVolume(command)
    .requiredOption("--to <letters>", "one letter each of L/R, P/A and I/S: RAS is right, anterior, superior")
    .addHelpText(
      "after",
      examples(["reorient mr.nii.gz ras.nii.gz --to RAS", "as nibabel's as_closest_canonical does"]),
    )
    .action((input: string, out: string, options: ReorientOptions) =>
      changeVolume({ command: "reorient", input, out }, options, context(options, out), {
        change: async (volume) => ({
          volume: reorient(volume, options.to),
          how: `reoriented from ${orientationOf(volume.affine)}`,
        }),
      }),
    );
};
