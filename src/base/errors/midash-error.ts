import { alternatives, type Hint, type Way, wayText } from "./hint.ts";

/**
 * What went wrong, as a tag that code can branch on.
 *
 * - `invalid-argument`: an option or argument is wrong; fix the call.
 * - `invalid-file`: bytes do not hold what their format promises; replace the file.
 * - `unsupported`: valid, but this library or backend can't do it; convert or choose another.
 * - `limit`: larger than a safety limit; raise the limit if the input is trusted.
 * - `not-found`: a file, folder or name is absent.
 * - `io`: reading or writing failed (permissions, disk full).
 * - `grid-mismatch`: volumes that must share one grid don't; resample one onto the other.
 * - `missing-package`: an optional peer package is not installed.
 * - `device-lost`: the graphics card that computed is gone (driver reset, sleep, unplugged); open a new session, resume the run.
 * - `out-of-memory`: the graphics card's memory does not hold it; compute less at once, resume the run.
 * - `aborted`: the caller's `signal` fired.
 * - `internal`: our fault; please report it.
 */
export type ErrorKind =
  | "invalid-argument"
  | "invalid-file"
  | "unsupported"
  | "limit"
  | "not-found"
  | "io"
  | "grid-mismatch"
  | "missing-package"
  | "device-lost"
  | "out-of-memory"
  | "aborted"
  | "internal";

/** What was called, and which of its options or arguments is wrong, as data: a program that calls them otherwise (flags, fields of a form) finds them by it. */
export interface ErrorSubject {
  /** The function or class: "Metrics.evaluate". */
  readonly call?: string;
  /** The option or argument: "mask". */
  readonly option?: string;
}

/** What an error is about: a file, folder, case or object by its name, or a call of the library as data. */
export type Where = string | ErrorSubject;

/** What a {@link MidashError} can say besides what is wrong. */
export interface ErrorDetails {
  readonly where?: Where;
  readonly hint?: Hint;
  readonly offset?: number;
  readonly cause?: unknown;
}

/** A {@link MidashError} as plain data that JSON and messages between threads can hold. Its cause stays behind. */
export interface MidashErrorJson {
  readonly kind: ErrorKind;
  readonly what: string;
  readonly where?: Where;
  readonly hint?: Hint;
  readonly offset?: number;
}

const BRAND = Symbol.for("@midash/core/MidashError");

/**
 * The one error class of the library. `message` is a single line: what is wrong, where, and what to do.
 * Test with `MidashError.is(error)`, which also holds across the ESM and CJS builds.
 */
export class MidashError extends Error {
  override readonly name = "MidashError";
  readonly kind: ErrorKind;
  /** What is wrong, alone. */
  readonly what: string;
  /** The file, folder, case, object or call that the error is about. */
  readonly where: string | undefined;
  /** The call that the error is about, as data; `undefined` when it is about something else. */
  readonly subject: ErrorSubject | undefined;
  /** How to recover. */
  readonly hint: string | undefined;
  /** The same as ways to choose among, with options as data; `undefined` when it is a plain sentence. */
  readonly ways: readonly Way[] | undefined;
  /** Byte offset from the start of the file (of the unpacked data if it is compressed); `undefined` when unknown. */
  readonly offset: number | undefined;

  constructor(kind: ErrorKind, what: string, details: ErrorDetails = {}) {
    const { where, hint, cause, offset } = details;
    super(errorText({ what, where, hint, offset }), cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.what = what;
    this.subject = typeof where === "object" ? where : undefined;
    this.where = where && LIBRARY.place(where);
    this.ways = typeof hint === "object" ? hint : undefined;
    this.hint = hint && hintText(hint, wayText);
    this.offset = offset;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Also true for errors of another copy of this library. */
  static is(value: unknown): value is MidashError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** The error that {@link toJSON} wrote, or that a thread sent. */
  static from({ kind, what, ...details }: MidashErrorJson): MidashError {
    return new MidashError(kind, what, details);
  }

  /** Plain data for threads and workers; {@link MidashError.from} makes the error again. */
  toJSON(): MidashErrorJson {
    const { kind, what, where, subject, hint, ways, offset } = this;
    return { kind, what, where: subject ?? where, hint: ways ?? hint, offset };
  }
}

/** Anything that was thrown as the data of a {@link MidashError}; what is not one of ours is `internal`. */
export function errorJson(error: unknown): MidashErrorJson {
  if (MidashError.is(error)) return error.toJSON();
  return { kind: "internal", what: error instanceof Error ? error.message : String(error) };
}

/** How a program calls what errors are about. */
export interface ErrorWords {
  /** What stands before what is wrong. `undefined`: nothing. */
  place(where: Where): string | undefined;
  /** A way out. `undefined`: it is none here. */
  way(way: Way): string | undefined;
}

const LIBRARY: ErrorWords = {
  place: (where) =>
    typeof where === "string" ? where : [where.call, where.option].filter(Boolean).join(": "),
  way: (way) => wayText(way),
};

/** An error in one line: where, what is wrong, what to do. Default: in the words of the library, as its message. */
export function errorText(
  { what, where, hint, offset }: Omit<MidashErrorJson, "kind">,
  words: ErrorWords = LIBRARY,
): string {
  const place = where && words.place(where);
  const at = offset === undefined ? what : `${what} (at byte ${offset})`;
  const ways = hint && hintText(hint, words.way);
  return oneLine([place === undefined ? at : `${place}: ${at}`, ways].filter(Boolean).join("; "));
}

function hintText(hint: Hint, say: ErrorWords["way"]): string {
  if (typeof hint === "string") return hint;
  return alternatives(hint.map((way) => say(way)).filter((way) => way !== undefined));
}

/** Text without line breaks. No pattern: one that looks for blanks around a line break takes quadratic time on a long run of them, and texts come from files. */
export function oneLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter(Boolean).join(" ");
}

/** True for errors that the person who called can fix; `internal` is ours. */
export function isUserError(error: unknown): error is MidashError {
  return MidashError.is(error) && error.kind !== "internal";
}
