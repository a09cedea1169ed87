/** How a product of matrices is shared out: a workgroup computes `rows` × `columns` of it, a thread `threadRows` × `threadColumns`, `depth` of the sum at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
}

export function threadsOf({ rows, columns, threadRows, threadColumns }: Tile): number {
  return (rows / threadRows) * (columns / threadColumns);
}

/**
 * By the columns that there are, so that few threads compute what nobody asked for; rows in eights or fours.
 *
 * @param software whether a processor plays the card: it compiles short programs in a fraction of the time
 */
export function tileFor(rows: number, columns: number, software: boolean): Tile {
  if (software) return { rows: 32, columns: 8, depth: 4, threadRows: 4, threadColumns: 4 };
  const depth = 16;
  if (columns <= 8) return { rows: 128, columns: 8, depth, threadRows: 4, threadColumns: 4 };
  if (columns <= 16) return { rows: 128, columns: 16, depth, threadRows: 4, threadColumns: 4 };
  if (columns <= 32) return { rows: 128, columns: 32, depth, threadRows: 8, threadColumns: 4 };
  if (rows <= 2048) return { rows: 64, columns: 64, depth, threadRows: 4, threadColumns: 8 };
  return { rows: 128, columns: 64, depth, threadRows: 8, threadColumns: 8 };
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
