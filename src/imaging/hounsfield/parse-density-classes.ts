import { assert, fail } from "../../base/errors/index.ts";
import { assertDensityClasses, type DensityClass } from "./density-classes.ts";

/**
 * Reads density classes from text: `name:low..high` joined by commas or line breaks, low included, high not, from low to high HU; an
 * end left out is open: `air:..-200, fat:-200..-20, soft:-20..150, bone:150..`. Labels run from 1. Or a JSON array of
 * `{ "name", "min", "max", "label" }`, where a missing or null end is open and a missing label is the place in the list.
 *
 * @param where what errors call the text
 * @throws MidashError `invalid-argument`, naming the class at fault
 */
export function parseDensityClasses(text: string, where = "classes"): DensityClass[] {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  const classes = trimmed.startsWith("[") ? fromJson(trimmed, where) : fromLines(trimmed, where);
  assertDensityClasses(classes, where);
  return classes;
}

function fromLines(text: string, where: string): DensityClass[] {
  return text
    .replace(/#[^\r\n]*/g, "")
    .split(/[,\r\n]+/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part, n) => {
      const [, name, low, high] = /^([^:]+?)\s*:\s*(\S*?)\s*\.\.\s*(\S*)$/.exec(part) ?? [];
      const min = low === "" ? Number.NEGATIVE_INFINITY : Number(low);
      const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
      if (name === undefined || Number.isNaN(min) || Number.isNaN(max))
        fail(
          "invalid-argument",
          `class ${n + 1} must be written name:low..high, got ${JSON.stringify(part.slice(0, 60))}`,
          { where, hint: 'e.g. "soft:-20..150,bone:150.."' },
        );
      return { name, min, max, label: n + 1 };
    });
}

function fromJson(text: string, where: string): DensityClass[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    fail("invalid-argument", `is no JSON: ${(error as Error).message}`, { where });
  }
  assert(Array.isArray(list), "must be an array of classes", { where });
  return list.map((item: unknown, n) => {
    assert(typeof item === "object" && item !== null, `class ${n + 1} must be an object`, { where });
    const { name, min, max, label = n + 1, ...rest } = item as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(rest)[0];
    assert(unknown === undefined, `class ${n + 1} has an unknown key "${unknown}"`, { where });
    assert(typeof name === "string", `class ${n + 1} needs a name`, { where });
    const end = (value: unknown, open: number, key: string): number => {
      if (value === undefined || value === null) return open;
      assert(typeof value === "number", `class ${n + 1} ("${name}") needs a number as ${key}`, { where });
      return value;
    };
    return {
      name,
      min: end(min, Number.NEGATIVE_INFINITY, "min"),
      max: end(max, Number.POSITIVE_INFINITY, "max"),
      label: end(label, n + 1, "label"),
    };
  });
}
