/** Width of a glyph in dots; one dot more parts it from the next. */
export const GLYPH_WIDTH = 5;
/** Height of a glyph above the base line in dots. */
export const GLYPH_HEIGHT = 7;
/** Dots that {@link DESCENDERS} reach below the base line. */
export const GLYPH_DEPTH = 2;
/** Letters whose seven rows begin two dots lower. */
const DESCENDERS = "gpqy";

/** Seven rows from the top, one base-32 digit each, whose five bits are dots from the left. Drawn for this library. */
const GLYPHS: Readonly<Record<string, string>> = {
  0: "ehjlphe",
  1: "4c4444e",
  2: "eh1248v",
  3: "v2421he",
  4: "26aiv22",
  5: "vgu11he",
  6: "68guhhe",
  7: "v124888",
  8: "ehhehhe",
  9: "ehhf12c",
  A: "ehhvhhh",
  B: "uhhuhhu",
  C: "ehggghe",
  D: "sihhhis",
  E: "vgguggv",
  F: "vgguggg",
  G: "ehgnhhf",
  H: "hhhvhhh",
  I: "e44444e",
  J: "72222ic",
  K: "hikokih",
  L: "ggggggv",
  M: "hrllhhh",
  N: "hhpljhh",
  O: "ehhhhhe",
  P: "uhhuggg",
  Q: "ehhhlid",
  R: "uhhukih",
  S: "fgge11u",
  T: "v444444",
  U: "hhhhhhe",
  V: "hhhhha4",
  W: "hhhllla",
  X: "hha4ahh",
  Y: "hhha444",
  Z: "v1248gv",
  a: "00e1fhf",
  b: "ggmphhu",
  c: "00egghe",
  d: "11djhhf",
  e: "00ehvge",
  f: "698s888",
  g: "djhjd1e",
  h: "ggmphhh",
  i: "40c444e",
  j: "20622ic",
  k: "ggikoki",
  l: "c44444e",
  m: "00qllll",
  n: "00mphhh",
  o: "00ehhhe",
  p: "mphpmgg",
  q: "djhjd11",
  r: "00mpggg",
  s: "00fge1u",
  t: "88s8896",
  u: "00hhhjd",
  v: "00hhha4",
  w: "00hhlla",
  x: "00ha4ah",
  y: "hhhjd1e",
  z: "00v248v",
  " ": "0000000",
  "+": "044v440",
  "-": "000v000",
  ".": "00000cc",
  ",": "0000c48",
  ":": "0cc0cc0",
  "/": "01248g0",
  "|": "4444444",
  "%": "op248j3",
  "(": "2488842",
  ")": "8422248",
  "=": "00v0v00",
  _: "000000v",
  "#": "aavavaa",
};

/** What stands in for a character without a glyph: a box. */
const MISSING = "vhhhhhv";

/** True where `character` has a dot in `column` (0 to 4) and `row` (0 to 8; 7 and 8 are below the base line). */
export function dotAt(character: string, column: number, row: number): boolean {
  const glyph = Object.hasOwn(GLYPHS, character) ? GLYPHS[character]! : MISSING;
  const line = glyph[DESCENDERS.includes(character) ? row - GLYPH_DEPTH : row];
  if (line === undefined) return false;
  return ((Number.parseInt(line, 32) >> (GLYPH_WIDTH - 1 - column)) & 1) === 1;
}

/** Width in dots of `text` in one line. */
export function textWidth(text: string): number {
  return Math.max(0, [...text].length * (GLYPH_WIDTH + 1) - 1);
}
