/** How a product of matrices is shared out: a workgroup computes `rows` × `columns` of it, a thread `threadRows` × `threadColumns`, `depth` of the sum at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
  /** See `Stages.buffers`. */
  readonly buffers: 1 | 2;
}

export function threadsOf({ rows, columns, threadRows, threadColumns }: Tile): number {
  return (rows / threadRows) * (columns / threadColumns);
}

/** For a processor that plays the card, the first where nobody measures: it compiles short programs in a fraction of the time. */
export const SOFTWARE_TILES: readonly Tile[] = [
  { rows: 32, columns: 8, depth: 4, threadRows: 4, threadColumns: 4, buffers: 1 },
  { rows: 16, columns: 16, depth: 4, threadRows: 4, threadColumns: 4, buffers: 1 },
  { rows: 32, columns: 8, depth: 8, threadRows: 4, threadColumns: 4, buffers: 2 },
];

const tile = (rows: number, columns: number, threadRows: number, threadColumns: number): Tile => ({
  rows,
  columns,
  depth: 16,
  threadRows,
  threadColumns,
  buffers: 2,
});

/** For cards, by columns. Sums of 8 × 8 in a thread multiply 4 times for each value that it reads of the workgroup's memory. */
export const CARD_TILES: readonly Tile[] = [
  tile(128, 8, 4, 4),
  tile(128, 16, 4, 4),
  tile(128, 32, 8, 4),
  tile(64, 64, 4, 8),
  tile(128, 64, 8, 8),
  tile(128, 128, 8, 8),
];

/** Workgroups that fill a large card. */
export const ENOUGH = 512;

/**
 * By the columns that there are, so that few threads compute what nobody asked for, and by rows, so that there are enough workgroups to fill the card.
 *
 * @param tiles those that the card can run, in the order of {@link CARD_TILES}
 */
export function tileFor<T extends { readonly rows: number; readonly columns: number }>(
  rows: number,
  columns: number,
  tiles: readonly T[],
): T {
  const groups = (of: T) => Math.ceil(rows / of.rows) * Math.ceil(columns / of.columns);
  const narrow = tiles.filter((of) => of.columns < 2 * columns);
  const usable = narrow.length > 0 ? narrow : tiles.slice(0, 1);
  // The largest that leaves enough workgroups; of narrow products the widest all the same.
  const least = Math.min(64, Math.max(...usable.map((of) => of.columns)));
  const wide = usable.filter((of) => of.columns >= least);
  return wide.filter((of) => groups(of) >= ENOUGH / 2).at(-1) ?? wide[0]!;
}

/** `n` lines of code, made one by one. */
export function lines(n: number, line: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => line(i)).join("\n");
}

/** Workgroups for `count` tiles along one axis, over x and z where they are more than x may have. */
export function spread(count: number, most = 65535): readonly [x: number, z: number] {
  if (count <= most) return [count, 1];
  const z = Math.ceil(count / most);
  return [Math.ceil(count / z), z];
}
