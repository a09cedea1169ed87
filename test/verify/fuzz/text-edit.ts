// Damage of text headers, line by line.
import type { Random } from "../../../src/base/random/index.ts";

const NUMBERS = [
  "0",
  "-1",
  "1",
  "2",
  "3",
  "4",
  "16",
  "17",
  "65535",
  "99999",
  "4194304",
  "2147483647",
  "4294967296",
  "9007199254740993",
  "1e9",
  "1e309",
  "-1e309",
  "1e-320",
  "nan",
  "inf",
  "0x10",
  "1.5",
  "1,5",
  "--1",
  "",
  "9".repeat(400),
];
/** Runs that make careless patterns slow. */
const RUNS = [
  " ",
  "\t",
  "(",
  ")",
  "1 ",
  "(1,",
  "=",
  ":",
  ",",
  "\\",
  "none ",
  "a",
  "\n",
  "\r\n",
  "#",
  "\0",
  "é",
];

/** One change to the header of a file whose header is text. */
export function textEdit(bytes: Uint8Array, words: readonly string[], random: Random): [string, Uint8Array] {
  const end = endOf(bytes);
  const lines = Buffer.from(bytes.subarray(0, end)).toString("latin1").split("\n");
  const n = random.integer(lines.length);
  const line = lines[n]!;
  const pick = <T>(from: readonly T[]) => from[random.integer(from.length)]!;
  const kind = random.integer(9);
  let step: string;
  if (kind <= 2) {
    // One number of the line, or all of them.
    const numbers = [...line.matchAll(/[-+]?[\d.]+(e[-+]?\d+)?/gi)];
    const chosen = numbers.length > 0 ? random.integer(numbers.length) : 0;
    const value = pick(NUMBERS);
    let seen = 0;
    lines[n] = line.replace(/[-+]?[\d.]+(e[-+]?\d+)?/gi, (old) =>
      kind === 2 || seen++ === chosen ? value : old,
    );
    step = `a number of line ${n} is ${value.slice(0, 20)}`;
  } else if (kind === 3) {
    const word = pick(words);
    const at = /[=:]\s*/.exec(line);
    lines[n] = at ? `${line.slice(0, at.index + at[0].length)}${word}` : word;
    step = `line ${n} says ${word}`;
  } else if (kind === 4) {
    lines.splice(n, 0, pick(words));
    step = `a line before ${n}`;
  } else if (kind === 5) {
    lines.splice(n, 1);
    step = `line ${n} removed`;
  } else if (kind === 6) {
    lines.splice(random.integer(lines.length), 0, line);
    step = `line ${n} twice`;
  } else if (kind === 7) {
    const run = pick(RUNS);
    const times = pick([1, 10, 1000, 100_000]);
    const at = random.integer(line.length + 1);
    lines[n] = line.slice(0, at) + run.repeat(times) + line.slice(at);
    step = `${JSON.stringify(run)} ${times} times in line ${n}`;
  } else {
    const m = random.integer(lines.length);
    [lines[n], lines[m]] = [lines[m]!, line];
    step = `lines ${n} and ${m} swapped`;
  }
  const head = Buffer.from(lines.join("\n"), "latin1");
  return [step, new Uint8Array(Buffer.concat([head, bytes.subarray(end)]))];
}

function endOf(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1 << 16)).toString(
    "latin1",
  );
  const found = /ElementDataFile *=[^\n]*\n|\n\r?\n/.exec(text);
  return found ? found.index + found[0].length : Math.min(bytes.length, 4096);
}
