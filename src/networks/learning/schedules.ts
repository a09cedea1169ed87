import { assert } from "../../base/errors/index.ts";
import { plateau } from "./plateau.ts";
import type { Schedule } from "./schedule.ts";

/** Options of the polynomial schedule. */
export interface PolyScheduleOptions {
  /** Default 0.9, nnU-Net's. */
  readonly power?: number;
}

/** Options of the schedule by steps. */
export interface StepScheduleOptions {
  /** Epochs between two of them. Default 20. */
  readonly every?: number;
  /** Default 0.1, PyTorch's. */
  readonly factor?: number;
}

/** Options of the warm-up. */
export interface WarmupOptions {
  /** Default 100. */
  readonly steps?: number;
  /** Share of the learning rate to begin with. Default 0.01. */
  readonly from?: number;
  /** What goes on behind it, and is multiplied by it: it begins at once, too. Default: constant. */
  readonly into?: Schedule;
}

/** Schedules of the learning rate, each made by its factory, by the names that configs use. */
export const schedules = {
  /** The same all along: the capstone's. */
  constant,
  /** Down towards 0 along half a cosine (Loshchilov and Hutter 2017), as training by few epochs asks for. */
  cosine: (): Schedule => ({
    name: "cosine",
    about: "down towards 0 along half a cosine",
    endsWithRun: true,
    toJSON: () => ({ name: "cosine" }),
    rate: ({ epoch, epochs }) => 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)),
  }),
  /** Down to 0 by a power of the share that is left. */
  poly({ power = 0.9 }: PolyScheduleOptions = {}): Schedule {
    assert(power > 0, `power must be positive, got ${power}`, { where: { call: "schedules.poly" } });
    return {
      name: "poly",
      about: "down to 0 by a power of the share of the run that is left, nnU-Net's",
      endsWithRun: true,
      toJSON: () => ({ name: "poly", power }),
      rate: ({ epoch, epochs }) => (1 - epoch / epochs) ** power,
    };
  },
  /** Times a factor after every so many epochs. */
  step({ every = 20, factor = 0.1 }: StepScheduleOptions = {}): Schedule {
    const where = { call: "schedules.step" };
    assert(Number.isInteger(every) && every > 0, `every is a whole number from 1 on, got ${every}`, {
      where,
    });
    assert(factor > 0 && factor < 1, `factor lies between 0 and 1, got ${factor}`, { where });
    return {
      name: "step",
      about: "times a factor after every so many epochs",
      endsWithRun: false,
      toJSON: () => ({ name: "step", every, factor }),
      rate: ({ epoch }) => factor ** Math.floor(epoch / every),
    };
  },
  /** Down by a factor when validation has not become better for a while. */
  plateau,
  /**
   * Up on a line over the first steps, in front of any other schedule. Adam's second moments are noise at first, and a rate that suits later may throw the
   * weights far off.
   *
   * @example
   * schedules.warmup({ steps: 200, into: schedules.cosine() });
   */
  warmup({ steps = 100, from = 0.01, into = constant() }: WarmupOptions = {}): Schedule {
    const where = { call: "schedules.warmup" };
    assert(Number.isInteger(steps) && steps > 0, `steps is a whole number from 1 on, got ${steps}`, {
      where,
    });
    assert(from >= 0 && from < 1, `from lies in 0 to 1, got ${from}`, { where });
    assert(typeof into?.rate === "function", "into must be a Schedule", {
      where,
      hint: "e.g. schedules.cosine(), called",
    });
    return {
      name: "warmup",
      about: "up on a line over the first steps, in front of another schedule",
      endsWithRun: into.endsWithRun,
      toJSON: () => ({ name: "warmup", steps, from, into: into.toJSON() }),
      rate: (now) => (from + (1 - from) * Math.min(1, now.step / steps)) * into.rate(now),
    };
  },
} as const;

function constant(): Schedule {
  return {
    name: "constant",
    about: "the same learning rate all along",
    endsWithRun: false,
    toJSON: () => ({ name: "constant" }),
    rate: () => 1,
  };
}
