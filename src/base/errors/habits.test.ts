import { expect, test } from "vitest";
import { habitual, orNearest } from "./index.ts";

const flags = ["--learning-rate", "--batch-size", "--backend", "--size", "--out"];

test.each([
  ["--lr", "--learning-rate"],
  ["--batch", "--batch-size"],
  ["--batch_size", "--batch-size"],
  ["-b", "--batch-size"],
  ["--device", "--backend"],
  ["--roi_size", "--size"],
  ["--out-dir", "--out"],
  ["--optim", undefined], // no optimizer among them
  ["--constructor", undefined],
])("%s is called %s here", (given, ours) => expect(habitual(given, flags)).toBe(ours));

test("suggestions know habits before spelling, in any notation", () => {
  expect(orNearest("lr", ["loss", "learningRate"])).toBe('did you mean "learningRate"?');
  expect(orNearest("max_epochs", ["epochs", "seed"])).toBe('did you mean "epochs"?');
  expect(orNearest("los", ["loss", "learningRate"])).toBe('did you mean "loss"?');
});
