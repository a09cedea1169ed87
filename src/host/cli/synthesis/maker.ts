import type { ImageOrigin, Volume } from "../../../imaging/volume/index.ts";
import type { IntendedFor } from "../../../road/model-file/index.ts";
import type { InputSpec } from "../../../road/preparation/index.ts";

/** What is asked of a {@link SctMaker} for one case. */
export interface MakeOptions {
  /** The case's file or folder, for messages. */
  readonly name: string;
  readonly mask?: Volume;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A synthetic CT and all that is said of it. */
export interface Made {
  readonly sct: Volume;
  /** What else there is, by the name of its file: labels, uncertainty, spread, ... */
  readonly maps: Readonly<Record<string, Volume>>;
  /** What people are to know: "Made by ...". */
  readonly words: readonly string[];
  readonly warnings: readonly string[];
  /** For `--json`. */
  readonly facts: object;
}

/** Makes synthetic CTs, one case after the other, by models that are loaded once. */
export interface SctMaker {
  readonly inputs: readonly Pick<InputSpec, "name" | "optional">[];
  /** Whether one MR of any sequence does, whatever it is called. */
  readonly anyInput: boolean;
  /** The models' names. */
  readonly names: string;
  readonly trainedOn: ImageOrigin;
  readonly intendedFor: IntendedFor;
  /** For `--json`: each model. */
  readonly models: readonly object[];
  /** All that decides what comes out: a case made with other settings is another one. */
  readonly settings: Readonly<Record<string, unknown>>;
  make(inputs: Readonly<Record<string, Volume>>, options: MakeOptions): Promise<Made>;
  dispose(): void;
}

/** The input that can't be done without, or the first: <in> is it. */
export function firstInput({ inputs }: SctMaker): string {
  return (inputs.find(({ optional }) => !optional) ?? inputs[0]!).name;
}
