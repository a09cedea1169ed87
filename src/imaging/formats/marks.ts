import { IMAGE_ORIGINS, type ImageOrigin, type Unit, type Volume } from "../volume/index.ts";

/** What formats have no field for. */
export interface Marks {
  readonly unit: Unit;
  readonly simulated: boolean;
  readonly trainedOn: ImageOrigin | undefined;
}

/** Most ASCII bytes of a line of marks: NIfTI-1 has no more room. */
const MOST = 80;

/**
 * A line of text that carries a volume's marks: "midash; unit=HU; simulated; trained on phantoms", or, where `meta.quantity` says what numbers without a unit
 * are, "midash; quantity=relative electron density, water = 1; table=matrad". At most 80 ASCII bytes: a table's name that does not fit is left out.
 */
export function marksText({ unit, simulated, trainedOn, meta }: Volume): string {
  const quantity = unit === "unknown" ? field("quantity", meta.quantity) : [];
  const marks = ["midash", ...(unit === "unknown" ? quantity : [`unit=${unit}`])];
  const end = [
    ...(simulated ? ["simulated"] : []),
    ...(trainedOn === undefined ? [] : [trainedOnText(trainedOn)]),
  ];
  const table = quantity.length > 0 ? field("table", meta.table) : [];
  const whole = [...marks, ...table, ...end].join("; ");
  return whole.length <= MOST ? whole : [...marks, ...end].join("; ");
}

/** "name=value", where the value is a text that a line of marks can hold. */
function field(name: string, value: unknown): string[] {
  if (typeof value !== "string") return [];
  const text = value.replaceAll("³", "3");
  return /^[ -:<-~]{1,50}$/.test(text) ? [`${name}=${text}`] : []; // ASCII without the semicolon
}

/** What a line of marks says of the numbers, for `meta`. */
export function quantityIn(text = ""): { readonly quantity?: string; readonly table?: string } {
  const [first, ...tokens] = text.split(";").map((token) => token.trim());
  const of = (name: string) => tokens.find((token) => token.startsWith(`${name}=`))?.slice(name.length + 1);
  const [quantity, table] = [of("quantity"), of("table")];
  if (first !== "midash" || quantity === undefined) return {};
  return { quantity, ...(table === undefined ? {} : { table }) };
}

/**
 * Reads the marks back. Only a text that begins with "midash" counts: formats don't say what their numbers mean, and a guess
 * from their range would be wrong in silence.
 */
export function marksOf(text = ""): Marks {
  const tokens = text.split(";").map((token) => token.trim());
  const ours = tokens[0] === "midash" ? tokens : [];
  return {
    unit: ours.includes("unit=HU") ? "HU" : ours.includes("unit=arbitrary") ? "arbitrary" : "unknown",
    simulated: ours.includes("simulated"),
    trainedOn: IMAGE_ORIGINS.find((origin) => ours.includes(trainedOnText(origin))),
  };
}

/** Of an image that a model made. */
function trainedOnText(origin: ImageOrigin): string {
  return `trained on ${origin}`;
}
