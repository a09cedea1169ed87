import { expect, it } from "vitest";
import { aborted, errorJson, errorText, MidashError, throwIfAborted, type Way, wayText } from "./index.ts";

it("says all in one line", () => {
  const error = new MidashError("io", "broken\n  in two", {
    where: "a\nb",
    hint: "fix\r\n\n it",
    offset: 7,
  });
  expect(error.message).toBe("a b: broken in two (at byte 7); fix it");
});

it("takes no longer for a text from a file that is all blanks", () => {
  // Patterns like /\s*\n/ would take hours for this.
  const error = new MidashError("invalid-file", `a${"\t".repeat(2 ** 20)}b\nc`);
  expect(error.message).toHaveLength(2 ** 20 + 4);
});

const call = { call: "Metrics.evaluate", option: "mask" };
const ways = ["give more cases", ["set a share of ", { option: "split" }, " to 0"], "ask"] as const;

it("carries a call and ways out as data, and reads as a sentence", () => {
  const error = new MidashError("invalid-argument", "is empty", { where: call, hint: ways });
  expect(error).toMatchObject({ what: "is empty", where: "Metrics.evaluate: mask", subject: call, ways });
  expect(error.hint).toBe("give more cases, set a share of split to 0, or ask");
  expect(error.message).toBe(`Metrics.evaluate: mask: is empty; ${error.hint}`);
});

it("is said in other words by whoever has them", () => {
  const error = new MidashError("invalid-argument", "is empty", { where: call, hint: ways });
  const words = {
    place: () => "--mask",
    way: (way: Way) => (typeof way === "string" ? undefined : wayText(way, (name) => `--${name}`)),
  };
  expect(errorText(error.toJSON(), words)).toBe("--mask: is empty; set a share of --split to 0");
});

it("comes back from JSON whole, but for its cause", () => {
  for (const details of [
    { where: call, hint: ways },
    { where: "a.nii", hint: "get it again", offset: 7 },
    {},
  ]) {
    const error = new MidashError("limit", "too large", { ...details, cause: new Error("why") });
    const back = MidashError.from(JSON.parse(JSON.stringify(error)));
    expect(back.message).toBe(error.message);
    expect({ ...back }).toEqual({ ...error });
  }
  expect(errorJson(new TypeError("ours"))).toEqual({ kind: "internal", what: "ours" });
});

it("an aborted signal is the cause", () => {
  const reason = new Error("no more");
  expect(aborted(AbortSignal.abort(reason))).toMatchObject({ kind: "aborted", cause: reason });
  expect(() => throwIfAborted(AbortSignal.abort())).toThrow("cancelled by the caller");
});
