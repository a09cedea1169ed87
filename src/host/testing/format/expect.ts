import { MidashError } from "../../../base/errors/index.ts";
import { Volume } from "../../../imaging/volume/index.ts";
import { broken, hold, type NotApplicable } from "../checks.ts";

export const NO_FILE: NotApplicable = { skipped: "the format can't be written, and no files were given" };

/** Fails for an error that tells a user nothing. */
export function assertTold(error: unknown, what: string): void {
  if (MidashError.is(error) && error.kind !== "internal") {
    if (error.message.startsWith("expected ")) throw error; // of the check itself
    return;
  }
  broken(
    `${what}: a MidashError`,
    String(error),
    "check before reading on, and say what is wrong, where, and what to do",
  );
}

export async function assertRefused(
  work: () => Promise<unknown>,
  kind: MidashError["kind"],
  what: string,
): Promise<void> {
  const outcome = await work().then(
    () => "no error",
    (error: unknown) => error,
  );
  const todo = `throw a MidashError of kind "${kind}"`;
  if (!MidashError.is(outcome)) broken(`${what}: "${kind}"`, String(outcome), todo);
  hold(outcome.kind === kind, `${what}: "${kind}"`, `"${outcome.kind}" (${outcome.message})`, todo);
}

/** Values, grid and meaning. A format without a place for unit or mark may lose them, but must not make others up. */
export function assertSame(actual: Volume, expected: Volume, what: string): void {
  hold(Volume.is(actual), `${what}: a Volume`, typeof actual, "return new Volume({ ... })");
  hold(
    String(actual.shape) === String(expected.shape),
    `${what}: shape [${expected.shape.join(", ")}]`,
    `[${actual.shape.join(", ")}]`,
    "x is the fastest axis",
  );
  const [x, y] = [actual.values(), expected.values()];
  const largest = y.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const at = y.findIndex((v, i) => !(Math.abs(v - x[i]!) <= 1e-6 * largest));
  hold(
    at < 0,
    `${what}: voxel ${at} to be ${y[at]}`,
    String(x[at]),
    "mind scaling, byte order and axis order",
  );
  const near = actual.affine.findIndex((v, i) => !(Math.abs(v - expected.affine[i]!) <= 1e-4));
  hold(
    near < 0,
    `${what}: affine [${expected.affine.map((v) => v.toFixed(3)).join(", ")}]`,
    `[${actual.affine.map((v) => v.toFixed(3)).join(", ")}]`,
    "an affine maps voxel (i, j, k) to RAS+ mm; DICOM and ITK are LPS",
  );
  hold(
    actual.unit === expected.unit || actual.unit === "unknown",
    `${what}: unit "${expected.unit}", or "unknown"`,
    `"${actual.unit}"`,
    "never guess a unit",
  );
  hold(
    expected.simulated || !actual.simulated,
    `${what}: not simulated`,
    "simulated",
    "only a file that says so is simulated",
  );
}
