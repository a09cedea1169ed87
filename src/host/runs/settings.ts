import type { ModelFactory } from "../../networks/models/index.ts";
import type { TrainConfig } from "../../road/training/index.ts";

/** What is set; everything else is left to the library's defaults. The model is a name, as in files. */
export interface TrainSettings extends Omit<TrainConfig, "model" | "modelOptions"> {
  readonly model: string;
  readonly modelOptions: Readonly<Record<string, unknown>>;
}

/** Options that say what goes in and out: the data decides them, not the user. */
export const FROM_DATA = ["inChannels", "outChannels"] as const;

/** What the data decides, of the options that the model has. */
export function optionsFromData(
  { definition }: ModelFactory,
  channels: number,
): Readonly<Record<string, number>> {
  const values = { inChannels: channels, outChannels: 1 };
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in definition.options));
}
