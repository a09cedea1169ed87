import type { TrainConfig, TrainEvent } from "../../road/training/index.ts";
import type { GivenFile } from "./file-shelf.ts";

/** Settings of `midash train` that a worker takes too: all of the model and of learning, how samples are cut, and the simulated heads. */
export type WorkerTrainSettings = Omit<
  TrainConfig,
  | ("model" | "backend" | "threads" | "from" | "biasField" | "previews" | "tensorboard")
  | (
      | "layout"
      | "structure"
      | "pattern"
      | "column"
      | "skipIncomplete"
      | "folds"
      | "slab"
      | "every"
      | "rare"
      | "missing"
    )
> & {
  /** By its name. Default: the package's first. */
  readonly model?: string;
};

/** What a worker is to train. */
export interface WorkerTrainingOptions {
  /**
   * A name, under which the browser keeps the run: checkpoints, log, pictures and model, in the site's private file system (OPFS; see `opfsRuns`). Default: it is kept in
   * memory, and gone with the worker. In Node there is no such file system: there use `Trainer` with `fileRunStore`.
   */
  readonly run?: string;
  /** As in a `midash.config`: `{ epochs: 20, modelOptions: { baseFilters: 8 } }`. Plain data alone; parts by their names. */
  readonly settings?: WorkerTrainSettings;
  /**
   * MR and CT as files, paired by their names (`ID_mr.nii.gz`, `ID_ct.nii.gz`) or folders (`ID/mr.nii.gz`, `ID/ct.nii.gz`); DICOM by a folder for each case, which holds an MR and a CT series or a folder
   * of each. They are read when they are needed, and not kept: who resumes a run gives the same ones again. Default: simulated heads, as the settings say.
   */
  readonly files?: readonly (File | GivenFile)[];
}

/** What a worker's training tells: the events of `Trainer.fit`, with a picture in the place of volumes. */
export type WorkerTrainEvent =
  | Exclude<TrainEvent, { type: "epoch" }>
  | (Omit<Extract<TrainEvent, { type: "epoch" }>, "example"> & {
      /** MR, sCT, CT and error of the first validation case, through the middle of the body, as PNG; null without one. */
      readonly preview: Uint8Array | null;
    });

/** A training in a worker. */
export interface WorkerTraining {
  /**
   * Trains, and tells of each step and epoch as it is done: `Trainer.fit`. It ends at the last epoch, by `stop`, by `signal` (then it throws `aborted`) or when the loop is left: in each
   * case the run's checkpoint holds all steps that are done. It can be called again, to go on.
   *
   * @param options `resume`: go on from the run's checkpoint, if it has one. Default false: start anew
   * @throws MidashError as `Trainer.fit`; `io` when another tab trains the run, or when the browser's storage is full
   */
  fit(options?: {
    readonly signal?: AbortSignal;
    readonly resume?: boolean;
  }): AsyncGenerator<WorkerTrainEvent>;
  /** From the next step on. */
  setLearningRate(learningRate: number): void;
  /** Ends `fit` before the next step, with a checkpoint: its last event says "stopped". */
  stop(): void;
  /** The best model so far as a model file: `midash synthesize` and `decodeModel` take it. @throws MidashError when no epoch has ended yet */
  model(): Promise<Uint8Array>;
  /** Forgets the training. The run stays where it is kept. */
  dispose(): void;
}
