import { expect } from "vitest";
import { MidashError } from "../../src/base/errors/index.ts";

/** The MidashError that `promise` rejects with; fails when it does not, or when its message is not one line. */
export async function errorOf(promise: Promise<unknown>): Promise<MidashError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (e: unknown) => e,
  );
  expect(MidashError.is(error), String(error)).toBe(true);
  expect((error as MidashError).message).not.toContain("\n");
  return error as MidashError;
}
