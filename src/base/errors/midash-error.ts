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
  | "aborted"
  | "internal";

/** What a {@link MidashError} can say besides what is wrong. */
export interface ErrorDetails {
  readonly where?: string;
  readonly hint?: string;
  readonly offset?: number;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("@midash/core/MidashError");

/**
 * The one error class of the library. `message` is a single line: what is wrong, where, and what to do.
 * Test with `MidashError.is(error)`, which also holds across the ESM and CJS builds.
 */
export class MidashError extends Error {
  override readonly name = "MidashError";
  readonly kind: ErrorKind;
  /** The file, option or object the error is about. */
  readonly where: string | undefined;
  /** How to recover. */
  readonly hint: string | undefined;
  /** Where in a file, in bytes from its begin (of what it unpacks to, if it is compressed); `undefined` when unknown. */
  readonly offset: number | undefined;

  constructor(kind: ErrorKind, what: string, options: ErrorDetails = {}) {
    const { where, hint, cause, offset } = options;
    const at = offset === undefined ? what : `${what} (at byte ${offset})`;
    const message = [where === undefined ? at : `${where}: ${at}`, hint].filter(Boolean).join("; ");
    super(oneLine(message), cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.where = where;
    this.hint = hint;
    this.offset = offset;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Also true for errors of another copy of this library. */
  static is(value: unknown): value is MidashError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** Text without line breaks. No pattern: one that looks for blanks around a line break takes quadratic time on a long run of them, and texts come from files. */
export function oneLine(text: string): string {
  if (!text.includes("\n")) return text;
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").join(" ");
}

/** True for errors that the person who called can mend; `internal` is ours. */
export function isUserError(error: unknown): error is MidashError {
  return MidashError.is(error) && error.kind !== "internal";
}
