import { expect, it } from "vitest";
import { DENSITY_CLASSES, parseDensityClasses } from "./index.ts";

it("reads the defaults as text, one a line or joined, and as JSON", () => {
  for (const text of [
    "air:..-200,fat:-200..-20,soft:-20..150,bone:150..",
    " air : .. -200 \n# rest\nfat: -200 .. -20\r\nsoft:-20..150 # muscle, too\n, bone:150..",
    '[{"name":"air","max":-200},{"name":"fat","min":-200,"max":-20},{"name":"soft","min":-20,"max":150,"label":3},{"name":"bone","min":150,"max":null}]',
  ])
    expect(parseDensityClasses(text)).toEqual(DENSITY_CLASSES);
});

it("takes fractions and names with blanks", () => {
  expect(parseDensityClasses("dense bone:1e3..1.5e3")).toEqual([
    { name: "dense bone", min: 1000, max: 1500, label: 1 },
  ]);
});

it.each([
  ["", /1 to 255 classes/],
  ["bone", /class 1 must be written name:low..high, got "bone"/],
  ["bone:150-300", /class 1 must be written/],
  ["a:0..10,b:x..20", /class 2 must be written.*"b:x..20"/],
  ["a:0..10,b:12..20", /gap between "a"/],
  ["[1]", /class 1 must be an object/],
  ["[{]", /is no JSON/],
  ['[{"name":"a","low":1}]', /unknown key "low"/],
  ['[{"min":1}]', /class 1 needs a name/],
  ['[{"name":"a","min":"1"}]', /needs a number as min/],
  ['[{"name":"a","label":999}]', /label from 1 to 255/],
])("refuses %j", (text, message) => {
  expect(() => parseDensityClasses(text)).toThrow(message);
});
