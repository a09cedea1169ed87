import type { Elements } from "./elements.ts";

/** When a frame was taken, by each clock that its header has, in seconds. */
export interface FrameTimes {
  /** From the first time point on, of enhanced images. */
  readonly offset?: number;
  /** After a trigger: of dynamic series of GE the time since the start, of others a place in the heart's cycle. */
  readonly trigger?: number;
  /** Since 1970, in local time, or since midnight. */
  readonly clock?: number;
  /** As `clock`, of when the image was made of the data. */
  readonly made?: number;
}

/** @param groups the frame's own functional groups by their sequences, or the file itself */
export function timesOf(
  elements: Elements,
  { content, trigger }: { readonly content: Elements; readonly trigger: Elements },
): FrameTimes {
  const ms = trigger.double("NominalCardiacTriggerDelayTime") ?? finite(elements.text("TriggerTime"));
  return {
    offset: content.double("TemporalPositionTimeOffset"),
    trigger: ms === undefined ? undefined : ms / 1000,
    clock:
      dateTime(content.text("FrameAcquisitionDateTime")) ??
      dateTime(elements.text("AcquisitionDateTime")) ??
      dateTime(joined(elements.text("AcquisitionDate"), elements.text("AcquisitionTime"))),
    made: dateTime(joined(elements.text("ContentDate"), elements.text("ContentTime"))),
  };
}

/** What tells one moment from another, as text, for files that say nothing else of it. */
export function momentOf(elements: Elements): string | undefined {
  return elements.text("AcquisitionDateTime") ?? elements.text("AcquisitionTime");
}

/** Seconds after the first volume at which each began: by the first clock that tells them all and tells them apart. */
export function startsOf(volumes: readonly (readonly FrameTimes[])[]): readonly number[] | undefined {
  for (const clock of ["offset", "clock", "trigger", "made"] as const) {
    const starts = volumes.map((times) => Math.min(...times.map((time) => time[clock] ?? Number.NaN)));
    const first = Math.min(...starts);
    if (starts.every(Number.isFinite) && new Set(starts).size === starts.length)
      return starts.map((start) => Math.round((start - first) * 1e6) / 1e6);
  }
  return undefined;
}

function joined(date: string | undefined, time: string | undefined): string | undefined {
  return time === undefined ? undefined : `${date ?? "19700101"}${time}`;
}

/** YYYYMMDDHHMMSS.FFFFFF, shorter as PS3.5, 6.2 allows; of ACR-NEMA "HH:MM:SS", too. */
function dateTime(text: string | undefined): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d(?:\.\d+)?)?/.exec(
    text?.replaceAll(/[:.](?=\d\d[:.])/g, "").replaceAll(":", "") ?? "",
  );
  if (!found) return undefined;
  const [year, month, day, hours, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  return Date.UTC(year!, month! - 1, day!, hours!, minutes) / 1000 + seconds;
}

function finite(text: string | undefined): number | undefined {
  const number = Number(text ?? Number.NaN);
  return Number.isFinite(number) ? number : undefined;
}
