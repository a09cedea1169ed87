import { assert } from "../../base/errors/index.ts";
import {
  blueWhiteRed,
  type Colour,
  type ColourMap,
  greys,
  heat,
  labelColours,
  mrRange,
  type SliceAxis,
  VIEWS,
  type View,
  WIDE_WINDOW,
  windowRange,
} from "../../imaging/display/index.ts";
import type { HU_WINDOWS, HuWindow } from "../../imaging/hounsfield/index.ts";
import { assertSameGrid, reorient, type Volume } from "../../imaging/volume/index.ts";
import { Canvas } from "./canvas.ts";
import { type ColourBar, colourBarWidth, drawColourBar, niceTicks } from "./colour-bar.ts";
import { GLYPH_HEIGHT, GLYPH_WIDTH, textWidth } from "./font.ts";
import { difference, drawSlice, tileSize } from "./tile.ts";

/** One patient of a montage. The volumes share one grid (voxel axes may be permuted or flipped). */
export interface MontageRow {
  /** Shown above the tiles; ASCII letters, digits and common signs. */
  readonly title: string;
  /** Without it the MR tiles stay empty; without any in all rows there is no such column. */
  readonly mr?: Volume;
  /** In HU. */
  readonly sct?: Volume;
  /** In HU. Without it the CT and error tiles stay empty, or away as MR tiles do. */
  readonly ct?: Volume;
  /** What each voxel was taken for: whole numbers from 0, and what they are called, in all rows alike. */
  readonly classes?: { readonly volume: Volume; readonly names: readonly string[] };
  /** What the sCT may be off by, in HU; white at the limit of the error. */
  readonly uncertainty?: Volume;
  /** Indices on the RAS grid along `axis`; each gives a line of tiles. Default: the middle one. */
  readonly slices?: readonly number[];
  /** Default `axial`. */
  readonly axis?: SliceAxis;
}

/** Options of {@link montagePng}. */
export interface MontageOptions {
  /** Window of sCT and CT: a name of `HU_WINDOWS`, or width and level. Default 2000/300: from air to cortical bone. */
  readonly window?: keyof typeof HU_WINDOWS | HuWindow;
  /** HU at the ends of the error's colours. Default 300. */
  readonly errorLimit?: number;
  /** Pixels that the shorter side of a tile has at least, about. Default 192. */
  readonly tile?: number;
}

const GROUND: Colour = [20, 20, 24];
const INK: Colour = [235, 235, 235];
const FAINT: Colour = [150, 150, 155];
const WARNING: Colour = [255, 200, 60];
const GAP = 8;
const LINE = GLYPH_HEIGHT * 2 + 8;
const FOOTER = "Research software, not a medical device";

/** A line of tiles, made ready. */
interface Line {
  readonly title: string;
  readonly view: View;
  readonly index: number;
  readonly tiles: readonly (Tile | undefined)[];
  readonly size: readonly [width: number, height: number];
}

interface Tile {
  readonly volume: Volume;
  readonly colours: ColourMap;
}

/**
 * A picture of MR, synthetic CT, CT, error (sCT - CT), classes and uncertainty, as far as given, side by side, one line a slice, with colour bars. Radiological
 * display: the patient's right is on the left. MR is shown between its 0.5 and 99.5 percentiles. Simulated volumes are
 * marked, and the picture says that this is no medical device.
 *
 * @returns the bytes of a PNG file, 8 bit RGB
 * @throws MidashError `invalid-argument` for other units, no rows, slices outside the volume; `grid-mismatch`
 */
export async function montagePng(
  rows: readonly MontageRow[],
  options: MontageOptions = {},
): Promise<Uint8Array> {
  const { errorLimit = 300, tile = 192 } = options;
  assert(rows.length > 0, "needs at least one row", { where: { call: "montagePng" } });
  assert(errorLimit > 0, `errorLimit must be positive, got ${errorLimit}`, { where: { call: "montagePng" } });
  assert(Number.isInteger(tile) && tile >= 16 && tile <= 2048, "tile must be an integer from 16 to 2048", {
    where: { call: "montagePng" },
  });
  const [low, high] = windowRange(options.window ?? WIDE_WINDOW, { call: "montagePng" });
  const colours = { hu: greys(low, high), error: blueWhiteRed(errorLimit), uncertainty: heat(errorLimit) };
  const prepared = rows.map((row) => rasRow(row, colours));
  const columns = COLUMNS.filter((title) => prepared.some(({ tiles }) => tiles.has(title)));
  const bars: ColourBar[] = [];
  if (columns.some((title) => title === "sCT" || title === "CT"))
    bars.push({ title: "HU", colours: colours.hu, low, high, ticks: niceTicks(low, high) });
  if (columns.includes("sCT - CT")) {
    const ticks = [-errorLimit, -errorLimit / 2, 0, errorLimit / 2, errorLimit];
    bars.push({ title: "error HU", colours: colours.error, low: -errorLimit, high: errorLimit, ticks });
  }
  const names = rows.find(({ classes }) => classes)?.classes?.names;
  if (names) {
    const ticks = names.map((_, label) => label);
    bars.push({ title: "class", colours: labelColours, low: -0.5, high: names.length - 0.5, ticks, names });
  }
  if (columns.includes("Uncertainty")) {
    const ticks = [0, errorLimit / 2, errorLimit];
    bars.push({ title: "unsure HU", colours: colours.uncertainty, low: 0, high: errorLimit, ticks });
  }
  return paint(
    prepared.flatMap((row) => linesOf(row, columns, tile)),
    columns,
    bars,
  );
}

const COLUMNS = ["MR", "sCT", "CT", "sCT - CT", "Classes", "Uncertainty"] as const;
type Column = (typeof COLUMNS)[number];

/** A row on the canonical RAS grid. */
interface RasRow extends Pick<MontageRow, "title" | "slices"> {
  readonly where: string;
  readonly axis: SliceAxis;
  readonly grid: Volume;
  readonly tiles: ReadonlyMap<Column, Tile>;
}

function rasRow(
  row: MontageRow,
  colours: { readonly hu: ColourMap; readonly error: ColourMap; readonly uncertainty: ColourMap },
): RasRow {
  const { title, axis = "axial", slices } = row;
  const where = `montagePng row "${title}"`;
  assert(Object.hasOwn(VIEWS, axis), `unknown axis "${axis}"`, {
    where,
    hint: "known are axial, coronal, sagittal",
  });
  const ras = (volume: Volume | undefined) => volume && reorient(volume);
  const [mr, sct, ct] = [row.mr, row.sct, row.ct].map(ras);
  const [classes, uncertainty] = [row.classes?.volume, row.uncertainty].map(ras);
  const [like, grid] = Object.entries({ sct, classes, ct, mr }).find(([, volume]) => volume) ?? [];
  assert(grid && like, "has no volume", { where });
  for (const [name, volume] of Object.entries({ mr, ct, classes, uncertainty }))
    if (volume) assertSameGrid(volume, grid, [name, like], where);
  for (const [name, volume] of Object.entries({ sct, ct, uncertainty }))
    assert(!volume || volume.unit === "HU", `${name} must be in HU, its unit is "${volume?.unit}"`, {
      where,
    });
  const tiles = new Map<Column, Tile>();
  if (mr) tiles.set("MR", { volume: mr, colours: greys(...mrRange(mr)) });
  if (sct) tiles.set("sCT", { volume: sct, colours: colours.hu });
  if (ct) tiles.set("CT", { volume: ct, colours: colours.hu });
  if (sct && ct) tiles.set("sCT - CT", { volume: difference(sct, ct), colours: colours.error });
  if (classes) tiles.set("Classes", { volume: classes, colours: labelColours });
  if (uncertainty) tiles.set("Uncertainty", { volume: uncertainty, colours: colours.uncertainty });
  return { title, where, axis, slices, grid, tiles };
}

function linesOf(row: RasRow, columns: readonly Column[], tile: number): Line[] {
  const { title, where, axis, grid } = row;
  const view = VIEWS[axis];
  const depth = grid.shape[view.through];
  const tiles = columns.map((column) => row.tiles.get(column));
  return (row.slices ?? [Math.floor(depth / 2)]).map((index) => {
    assert(
      Number.isInteger(index) && index >= 0 && index < depth,
      `slice ${index} is outside 0 to ${depth - 1}`,
      { where },
    );
    return { title: `${title}  ${axis} ${index}`, view, index, tiles, size: tileSize(grid, view, tile) };
  });
}

async function paint(
  lines: readonly Line[],
  columns: readonly string[],
  bars: readonly ColourBar[],
): Promise<Uint8Array> {
  const tileWidth = Math.max(...lines.map((line) => line.size[0]));
  const heights = lines.map((line) => LINE + line.size[1] + GAP);
  const body = heights.reduce((sum, h) => sum + h, 0);
  const left = GAP + columns.length * (tileWidth + GAP);
  const width = Math.max(
    left + bars.reduce((sum, bar) => sum + GAP + colourBarWidth(bar) + GAP, 0),
    textWidth(FOOTER) * 2 + 2 * GAP,
    ...lines.map((line) => textWidth(line.title) * 2 + 2 * GAP),
  );
  const canvas = new Canvas(width, GAP + LINE + body + LINE, GROUND);

  columns.forEach((title, column) => {
    const centre = GAP + column * (tileWidth + GAP) + tileWidth / 2;
    canvas.text(Math.round(centre - textWidth(title)), GAP, title, INK);
  });
  let y = GAP + LINE;
  lines.forEach((line, n) => {
    canvas.text(GAP, y, line.title, FAINT);
    drawLine(canvas, line, columns.length, tileWidth, y + LINE);
    y += heights[n]!;
  });
  let x = left;
  // As high as the first lines up to some 480 pixels: long enough to read, near the eye at the top.
  const barHeight = Math.min(body - LINE - GAP, Math.max(480, heights[0]! - LINE - GAP));
  for (const bar of bars) {
    drawColourBar(canvas, bar, x + GAP, GAP + 2 * LINE, barHeight, INK);
    x += GAP + colourBarWidth(bar) + GAP;
  }
  canvas.text(GAP, canvas.height - LINE, FOOTER, WARNING);
  const { encode } = await import("fast-png"); // ESM only: the CJS build can load it by import() alone
  return encode({
    width: canvas.width,
    height: canvas.height,
    data: canvas.data,
    channels: 3,
    depth: 8,
    text: { Comment: FOOTER },
  });
}

function drawLine(canvas: Canvas, line: Line, columns: number, tileWidth: number, y: number): void {
  const [width, height] = line.size;
  for (let column = 0; column < columns; column++) {
    const x = GAP + column * (tileWidth + GAP) + Math.floor((tileWidth - width) / 2);
    const tile = line.tiles[column];
    if (!tile) {
      canvas.rectangle(x, y, width, height, [32, 32, 38]);
      canvas.text(
        Math.round(x + width / 2 - textWidth("none")),
        Math.round(y + height / 2) - GLYPH_HEIGHT,
        "none",
        FAINT,
      );
      continue;
    }
    drawSlice(canvas, tile.volume, line.view, line.index, { x, y, width, height }, tile.colours);
    if (tile.volume.simulated) canvas.label(x, y + height - LINE + 4, "simulated", WARNING);
    if (column > 0) continue;
    canvas.label(x, Math.round(y + height / 2 - GLYPH_HEIGHT), line.view.left, INK);
    canvas.label(Math.round(x + width / 2 - GLYPH_WIDTH), y, line.view.top, INK);
  }
}
