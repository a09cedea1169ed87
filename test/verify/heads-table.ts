// Writes what is stored of the model of heads into docs/validation.md, between its markers: beside what was wanted, and what it makes of rare cases: `npm run verify:heads:table`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Finding, readFindings } from "./measured.ts";

const PAGE = fileURLToPath(new URL("../../docs/validation.md", import.meta.url));
const END = "<!-- end of table -->";
const SIMULATED = [13, 14, 15, 16].map((number) => `head_${number} t1`);
const REAL = ["mne_t1", "t1_b", "t1_defaced", "t1_noisy", "t2_clinical", "t1_rire"];
const NO_HEADS = "no head: ";
const RARE = "rare ";

const findings = readFindings();
const figure = (id: string, key: string): number | undefined => findings[id]?.figures[key];

/** One row: what was wanted, of which images, and whether it holds. */
interface Bar {
  readonly what: string;
  readonly wanted: string;
  readonly of: readonly string[];
  readonly shown: (found: readonly Finding[]) => string;
  readonly holds: (found: readonly Finding[]) => boolean;
}

const digits = (value: number) => value.toFixed(Math.abs(value) < 10 ? 3 : 1);
const values = (found: readonly Finding[], key: string) =>
  found.map(({ figures }) => figures[key] ?? Number.NaN);
const listed =
  (key: string, unit = "") =>
  (found: readonly Finding[]) =>
    values(found, key).map(digits).join(", ") + unit;
const each = (key: string, good: (value: number) => boolean) => (found: readonly Finding[]) =>
  values(found, key).every(good);

function least(what: string, of: readonly string[], key: string, bar: number): Bar {
  return { what, wanted: `≥ ${bar}`, of, shown: listed(key), holds: each(key, (value) => value >= bar) };
}

function most(what: string, of: readonly string[], key: string, bar: number, unit: string): Bar {
  return {
    what,
    wanted: `≤ ${bar}${unit}`,
    of,
    shown: listed(key, unit),
    holds: each(key, (value) => value <= bar),
  };
}

/** Dice of bone of another contrast, beside T1's of the same head. */
function besideT1(what: string, id: string, within: number): Bar {
  const below = (found: readonly Finding[]) => figure(SIMULATED[0]!, "bone")! - values(found, "bone")[0]!;
  return {
    what: `simulated head 13, ${what}: Dice of bone`,
    wanted: `within ${within} of T1's`,
    of: [id, SIMULATED[0]!],
    shown: (found) =>
      `${listed("bone")(found.slice(0, 1))} (${below(found) > 0 ? `${digits(below(found))} below` : "not below"})`,
    holds: (found) => below(found) <= within,
  };
}

/** The same image otherwise. */
function same(what: string, key: string, bar: number, unit: string): Bar {
  return most(
    `\`mne_t1\` as ${what}: ${key === "tissue by %" ? "tissue volumes change" : "sCT differs in the body"}`,
    [`same ${what}`],
    key,
    bar,
    unit,
  );
}

const noHeads = Object.keys(findings).filter((id) => id.startsWith(NO_HEADS));
const BARS: readonly Bar[] = [
  most("simulated heads 13 to 16, T1, 1 mm: MAE in the body", SIMULATED, "MAE", 50, " HU"),
  least("the same: Dice of bone", SIMULATED, "bone", 0.9),
  besideT1("T2", "head_13 t2", 0.03),
  besideT1("FLAIR", "head_13 flair", 0.03),
  besideT1("PD", "head_13 pd", 0.03),
  besideT1("PETRA-like", "head_13 petra", 0.03),
  besideT1("T1 in slices of 4 mm", "head_13 t1 1,1,4", 0.06),
  least("`mne_t1`: Dice of brain", ["mne_t1"], "brain", 0.95),
  least("`mne_t1`: Dice of grey matter", ["mne_t1"], "grey", 0.8),
  least("`mne_t1`: Dice of white matter", ["mne_t1"], "white", 0.87),
  least("`mne_t1`: Dice of head mask", ["mne_t1"], "head mask", 0.97),
  {
    what: "real heads: mL of brain",
    wanted: "700 to 2200",
    of: REAL,
    shown: listed("brain mL"),
    holds: each("brain mL", (mL) => mL > 700 && mL < 2200),
  },
  {
    what: "MNI T1 against its CT template: Dice of bone (a lookup), MAE (a lookup, 0 HU)",
    wanted: "stated",
    of: ["mni2mm"],
    shown: (found) => {
      const [bone, looked, mae, lookup, zero] = [
        "bone",
        "of a lookup,",
        "MAE",
        "of a lookup",
        "MAE of 0 HU",
      ].map((key) => digits(values(found, key)[0]!));
      return `${bone} (${looked}), ${mae} HU (${lookup}, ${zero})`;
    },
    holds: () => true,
  },
  ...["RAS", "LPS", "PIR", "1x1x4 mm", "x7+300", "int16", "(1 + 1e-6) mm", "(1 - 1e-6) mm"].map((what) =>
    same(what, "sCT differs by HU", 15, " HU"),
  ),
  ...["LPS", "PIR", "(1 + 1e-6) mm", "(1 - 1e-6) mm", "DICOM"].map((what) =>
    same(what, "tissue by %", 0.5, " %"),
  ),
  least(
    "simulated head 13: correlation of uncertainty and error",
    ["head_13 t1 uncertain"],
    "uncertainty~error",
    0.5,
  ),
  {
    what: "what is no head",
    wanted: "refused or warned of, all",
    of: noHeads,
    shown: (found) =>
      `${found.filter(({ refused }) => refused).length} refused, ${found.filter(warned).length} warned of, of ${found.length}`,
    holds: (found) => found.every((one) => one.refused || warned(one)),
  },
  most("256×256×180 voxels, wasm, CT and labels: time", ["resources wasm"], "seconds", 60, " s"),
  most("the same: peak memory", ["resources wasm"], "peak GiB", 1.5, " GiB"),
  most("the same by ONNX Runtime: time", ["resources onnx"], "seconds", 40, " s"),
];

function warned({ warnings, refused }: Finding): boolean {
  return !refused && warnings.length > 0;
}

function row({ what, wanted, of, shown, holds }: Bar): string {
  const found = of.flatMap((id) => findings[id] ?? []);
  if (found.length < of.length || of.length === 0 || shown(found).includes("NaN"))
    return `| ${what} | ${wanted} | not measured | | |`;
  const dates = [...new Set(found.map(({ date }) => date))].join(", ");
  return `| ${what} | ${wanted} | ${shown(found)} | ${wanted === "stated" ? "" : holds(found) ? "yes" : "**no**"} | ${dates} |`;
}

/** What the model makes of heads with a rare case, and of the same heads without it. */
function rareRows(): string[] {
  const found = Object.entries(findings).filter(([id]) => id.startsWith(RARE));
  return found.map(([id, { figures, warnings, date }]) => {
    const [name, number] = id.slice(RARE.length).split(" ");
    const shown = (key: string, decimals: number) => {
      const value = figures[key];
      return typeof value === "number" ? value.toFixed(decimals) : "";
    };
    const pair = (key: string, decimals: number, unit = "") =>
      shown(key, decimals) && `${shown(key, decimals)}${unit} (${shown(`${key} without`, decimals)})`;
    const cells = [
      name,
      number,
      `${shown("mL", 0)} mL`,
      pair("MAE", 1, " HU"),
      pair("bone", 3),
      pair("MAE elsewhere", 1, " HU"),
      warnings.length > 0 ? "yes" : "",
      date,
    ];
    return `| ${cells.join(" | ")} |`;
  });
}

/** The commands of some findings, each once. */
function commands(of: (id: string) => boolean): string {
  const found = Object.entries(findings).flatMap(([id, { command }]) => (of(id) ? [`    ${command}`] : []));
  return [...new Set(found)].sort().join("\n");
}

function between(text: string, name: string, content: readonly string[]): string {
  const start = `<!-- ${name}: npm run verify:heads:table -->`;
  const before = text.indexOf(start);
  const after = text.indexOf(END, before);
  if (before < 0 || after < 0) throw new Error(`docs/validation.md lacks "${start}" or "${END}" behind it`);
  return `${text.slice(0, before + start.length)}\n\n${content.join("\n")}\n\n${text.slice(after)}`;
}

const isRare = (id: string) => id.startsWith(RARE);
const bars = ["| bar | wanted | measured | reached | on |", "|---|---|---|---|---|", ...BARS.map(row)];
const rare = [
  "| case | head | changed | MAE there | Dice of bone there | MAE elsewhere | warned of | on |",
  "|---|---|---|---|---|---|---|---|",
  ...rareRows(),
];
const page = readFileSync(PAGE, "utf8");
const withBars = between(page, "bars", [...bars, "", commands((id) => !isRare(id))]);
writeFileSync(PAGE, between(withBars, "rare", [...rare, "", commands(isRare)]));
