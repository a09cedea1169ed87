import { expect, it } from "vitest";
import { MidashError } from "./index.ts";

it("says all in one line", () => {
  const error = new MidashError("io", "broken\n  in two", {
    where: "a\nb",
    hint: "mend\r\n\n it",
    offset: 7,
  });
  expect(error.message).toBe("a b: broken in two (at byte 7); mend it");
});

it("takes no longer for a text from a file that is all blanks", () => {
  // Patterns like /\s*\n/ would take hours for this.
  const error = new MidashError("invalid-file", `a${"\t".repeat(2 ** 20)}b\nc`);
  expect(error.message).toHaveLength(2 ** 20 + 4);
});
