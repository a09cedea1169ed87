import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { type AddCommand, type Context, examples } from "../command.ts";
import { ctTarget, DICOM_OPTIONS, type DicomOptions } from "../io/ct-target.ts";
import { changeVolume, fromVolumeToVolume, type VolumeOptions } from "../io/volume-command.ts";

type ConvertOptions = VolumeOptions & DicomOptions & { readonly rescale?: string };

export const addConvert: AddCommand = (program, context) => {
  const command = program
    .command("convert")
    .summary("write a volume in another format")
    .description(
      "Writes a volume in another format. Values (but for --rescale), their type and their place in space stay; what the format has no field for is lost.",
    );
  fromVolumeToVolume(command)
    .option(
      "--rescale <slope,intercept>",
      "each value becomes slope · value + intercept, e.g. 1,-1024 for a CT stored as HU + 1024",
    )
    .option(...DICOM_OPTIONS[0])
    .option(...DICOM_OPTIONS[1])
    .option(...DICOM_OPTIONS[2])
    .addHelpText(
      "after",
      examples(
        ["convert ct.mha ct.nii.gz --unit HU", "MetaImage to NIfTI, and say that it is a CT"],
        ["convert ct.nii.gz hu.nii.gz --rescale 1,-1024 --unit HU", "a CT that was stored as HU + 1024"],
        ["convert mr-series/ mr.nii.gz", "a folder of DICOM files"],
        ["convert sct.nii.gz sct-series --dicom-source mr-series/", "a synthetic CT back to DICOM"],
        ["convert - - --format nrrd < ct.nii.gz > ct.nrrd", "standard input to standard output"],
        ["convert bold.nii.gz first.nii.gz --frame 0", "one frame of a 4-D file"],
      ),
    )
    .action((input: string, out: string, options: ConvertOptions) =>
      convert(input, out, options, context(options, out)),
    );
};

async function convert(input: string, out: string, options: ConvertOptions, context: Context): Promise<void> {
  const map =
    options.rescale === undefined
      ? undefined
      : valueKinds.tuple(2, valueKinds.number()).read(options.rescale, "--rescale");
  assert(map?.[0] !== 0, "has the slope 0, which makes all values alike", { where: "--rescale" });
  await changeVolume({ command: "convert", input, out }, options, context, {
    target: (formats) => ctTarget(out, { ...options, inputs: [input] }, formats),
    change: async (volume) => {
      const how = `converted from ${volume.meta.format ?? "its format"}`;
      if (!map) return { volume, how };
      return { volume: rescaled(volume, map), how: `${how}, values times ${map[0]} plus ${map[1]}` };
    },
  });
}

/** The stored numbers stay; what they mean changes. */
function rescaled(volume: Volume, [slope, intercept]: readonly [number, number]): Volume {
  const { scaling } = volume;
  return volume.with({
    scaling: { slope: slope * scaling.slope, intercept: slope * scaling.intercept + intercept },
  });
}
