/** A product of matrices in WGSL, left [rows, depth] times right [depth, columns], neither of which need lie in memory: what {@link threadProduct} and {@link matrixProduct} compute. */
export interface ProductText {
  /** Bindings and functions. A uniform `sizes` has `rows` and `outs`, the columns. */
  readonly declarations: string;
  /** The first lines of `main`, which declare `row0`, `column0` and, of the sum's axis, `begin` and `end`. */
  readonly start: (tile: { readonly rows: number; readonly columns: number }) => string;
  /** Which axis the four values lie along that `left` gives. */
  readonly leftAlong: "depth" | "rows";
  /** Lines that get the `i`th of a thread's reads ready, of a row (of the tile) that stays the same. */
  readonly leftReady: (i: number, row: string) => string;
  /** A vec4f, zero outside: the `i`th read, of the tile's row and the axis's k. */
  readonly left: (i: number, row: string, k: string) => string;
  /** A vec4f along columns, zero outside. */
  readonly right: (k: string, column: string) => string;
  /** Writes at `row` and the column n. */
  readonly write: (n: string, value: string) => string;
  /** Whether it writes a vec4f; else a number. */
  readonly writesFours: boolean;
  /** A side that is multiplied by `scale[0]` before it is rounded, and the result by `scale[1]`. */
  readonly scaled?: "left" | "right";
}

/** WGSL of the value of a side as it is multiplied. */
export function sideOf({ scaled }: ProductText, side: "left" | "right", value: string): string {
  return scaled === side ? `${value} * scale[0]` : value;
}

/** Lines that write four sums of `row` at column n, as far as there are such columns. */
export function writeFour(text: ProductText, n: string, sums: string): string {
  const value = text.scaled ? `(${sums} * scale[1])` : sums;
  if (text.writesFours) return `if (${n} < sizes.outs) { ${text.write(n, value)} }`;
  return [0, 1, 2, 3]
    .map((q) => `if (${n} + ${q} < sizes.outs) { ${text.write(`(${n} + ${q})`, `${value}[${q}]`)} }`)
    .join("\n");
}
