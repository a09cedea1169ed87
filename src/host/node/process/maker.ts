import type { Warning } from "../../../base/errors/index.ts";
import type { ImageOrigin, Volume } from "../../../imaging/volume/index.ts";
import type { IntendedFor } from "../../../road/model-file/index.ts";
import type { Plugin, Registry } from "../../../road/plugin/index.ts";
import type { InputSpec } from "../../../road/preparation/index.ts";

/** What is asked of an {@link SctMaker} for one case. */
export interface MakeOptions {
  /** The case's file or folder, for messages. */
  readonly name: string;
  /** The body; outside it is air. Default: estimated. */
  readonly mask?: Volume;
  readonly signal?: AbortSignal;
  /** Called after each sample that the model has done. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A synthetic CT and all that is said of it. */
export interface Made {
  /** In HU, on the grid of the MR. */
  readonly sct: Volume;
  /** What else there is, by the name of its file: labels, uncertainty, spread, ... */
  readonly maps: Readonly<Record<string, Volume>>;
  /** What computed it. */
  readonly backend: string;
  readonly seconds: number;
  /** What people are to know, without times: "Made by ...". */
  readonly words: readonly string[];
  readonly warnings: readonly string[];
  /** More facts, for JSON. */
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
  /** Each model, for JSON. */
  readonly models: readonly object[];
  /** All that decides what comes out: a case made with other settings is another one. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * Makes a synthetic CT of one case, on the grid of its first input.
   *
   * @param inputs the images of the case by their names
   * @throws MidashError as `Synthesizer.run` and `HeadPipeline.synthesize` do
   */
  make(inputs: Readonly<Record<string, Volume>>, options: MakeOptions): Promise<Made>;
  /** Frees the models. */
  dispose(): void;
}

/** What a maker is opened with. */
export interface MakerSetup {
  /** Finds backends and parts by name. */
  readonly registry: Registry;
  /** Those that the registry was made with beside the package's own. Default: none. */
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
  /** Puts warnings into words. Default: those of the library. */
  readonly words?: (warning: Warning) => string;
}

/** The input that can't be done without, or the first: a single MR is it. */
export function firstInput({ inputs }: Pick<SctMaker, "inputs">): string {
  return (inputs.find(({ optional }) => !optional) ?? inputs[0]!).name;
}
