import { Option } from "commander";
import type { Option as TableOption } from "../../../base/options/index.ts";

/** What help calls a value, by the option's type. */
const SHOWN = {
  integer: "n",
  number: "x",
  boolean: "",
  choice: "kind",
  text: "text",
  list: "a,b,...",
  texts: "a,b,...",
} as const;

/**
 * An option of a table as flags. A yes-or-no option is two, of which help shows the one that changes something.
 *
 * @param shown what help calls its value
 * @param repeated whether it may be given several times
 */
export function flagOptions(
  flag: string,
  option: TableOption<unknown>,
  {
    group,
    shown = SHOWN[option.type],
    repeated = false,
  }: { readonly group: string; readonly shown?: string; readonly repeated?: boolean },
): Option[] {
  const { type, about, accepts, default: value } = option;
  const usual = value === undefined ? "" : ` (default: ${textOf(value)})`;
  if (type === "boolean") {
    const on = new Option(flag, `${about}${usual}`).hideHelp(value === true);
    const off = new Option(flag.replace(/^--/, "--no-"), `not: ${about}${usual}`).hideHelp(value === false);
    return [on, off].map((each) => each.helpGroup(group));
  }
  const values = type === "text" || type === "texts" ? "" : `; ${accepts}`;
  const made = new Option(`${flag} <${shown}>`, `${about}${values}${usual}`).helpGroup(group);
  if (repeated)
    made.argParser((text: string, before?: string) => (before === undefined ? text : `${before},${text}`));
  return [made];
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : value === "" ? '""' : String(value);
}
