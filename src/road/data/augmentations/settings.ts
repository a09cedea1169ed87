import { assert, type Where } from "../../../base/errors/index.ts";
import type { Random } from "../../../base/random/index.ts";

/** From which a value is drawn, each as likely: `[low, high]`, or one number for so far to both sides of what changes nothing. */
export type RandomRange = number | readonly [low: number, high: number];

/** Low and high. */
export type Bounds = readonly [low: number, high: number];

/** What a range must keep to. */
interface Limits {
  /** What changes nothing: one number means so far to both sides of it. Absent: from 0 to that number. */
  readonly neutral?: number;
  readonly min?: number;
  readonly max?: number;
  /** A bound that does not belong to it. */
  readonly above?: number;
  /** One number is no range. */
  readonly pair?: boolean;
}

/** @throws MidashError `invalid-argument` */
export function boundsOf(range: RandomRange, name: string, where: Where, limits: Limits = {}): Bounds {
  const { neutral, pair = false, min = -Infinity, max = Infinity, above = -Infinity } = limits;
  const symmetric = (far: number): Bounds =>
    neutral === undefined ? [0, far] : [neutral - far, neutral + far];
  const bounds = typeof range === "number" && !pair ? symmetric(range) : range;
  const fits = (value: number) => Number.isFinite(value) && value >= min && value <= max && value > above;
  const low = above > -Infinity ? `above ${above}` : min > -Infinity ? `from ${min}` : "";
  const within = [low, max < Infinity ? `up to ${max}` : ""].filter(Boolean).join(" ");
  assert(
    isBounds(bounds) && bounds.every(fits) && bounds[0] <= bounds[1],
    `${name} must be ${pair ? "" : "a number or "}[low, high]${within && `, ${within}`}, got ${JSON.stringify(range)}`,
    {
      where,
    },
  );
  return bounds;
}

function isBounds(value: unknown): value is Bounds {
  return Array.isArray(value) && value.length === 2;
}

/** How often something is done. @throws MidashError `invalid-argument` */
export function checkShare(share: number, where: Where, name = "share"): number {
  assert(share >= 0 && share <= 1, `${name} must be from 0 to 1, got ${share}`, { where });
  return share;
}

export function drawn(random: Random, [low, high]: Bounds): number {
  return random.uniform(low, high);
}

/** A whole number, both bounds as likely as those between. */
export function drawnInteger(random: Random, [low, high]: Bounds): number {
  return low + random.integer(high - low + 1);
}

/** @throws MidashError `invalid-argument` */
export function checkInteger(value: number, name: string, where: Where, [min, max]: Bounds): number {
  assert(
    Number.isInteger(value) && value >= min && value <= max,
    `${name} must be a whole number from ${min} to ${max}, got ${value}`,
    { where },
  );
  return value;
}
