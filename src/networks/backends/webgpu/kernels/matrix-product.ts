/**
 * A product of matrices on a card's matrix units: pieces of 16 × 16, f16 in and float32 out (`chromium_experimental_subgroup_matrix`, what Vulkan calls cooperative matrices).
 * Both sides are rounded on the way from memory into the workgroup's; each subgroup multiplies its own part of the tile, and its sums go out by way of a piece of the workgroup's memory.
 */
import { type ProductText, sideOf, writeFour } from "./product-text.ts";
import { stagedSum } from "./staged-sum.ts";
import { each, reads } from "./thread-product.ts";
import { lines } from "./tile.ts";

/** Rows, columns and depth of a piece. */
export const PIECE = 16;
/** Threads of a subgroup: NVIDIA's, the only ones that have been thought of. */
export const SUBGROUP = 32;

/** A workgroup computes `rows` × `columns`, a subgroup `ownRows` × `ownColumns` of them. */
export interface MatrixTile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly ownRows: number;
  readonly ownColumns: number;
  readonly buffers: 1 | 2;
}

const tile = (rows: number, columns: number, ownRows: number, ownColumns: number): MatrixTile => ({
  rows,
  columns,
  depth: 32,
  ownRows,
  ownColumns,
  buffers: 2,
});

/** In the order of `CARD_TILES`. Four subgroups each, the last eight; sums of at most 64 × 32 in one, 64 registers of a thread. */
export const MATRIX_TILES: readonly MatrixTile[] = [
  tile(128, 16, 32, 16),
  tile(128, 32, 32, 32),
  tile(64, 64, 32, 32),
  tile(128, 64, 64, 32),
  tile(128, 128, 64, 32),
];

export function matrixThreads({ rows, columns, ownRows, ownColumns }: MatrixTile): number {
  return (rows / ownRows) * (columns / ownColumns) * SUBGROUP;
}

/** Numbers of f16 in a line of each side, eight more than they hold so that lines begin in different banks, and in all. */
function layoutOf(leftAlong: ProductText["leftAlong"], { rows, columns, depth }: MatrixTile) {
  const byDepth = leftAlong === "depth";
  const leftLine = (byDepth ? depth : rows) + 8;
  const rightLine = columns + 8;
  return {
    byDepth,
    leftLine,
    rightLine,
    left: leftLine * (byDepth ? rows : depth),
    right: rightLine * depth,
  };
}

/** Bytes of a workgroup's memory. */
export function memoryOfMatrices(leftAlong: ProductText["leftAlong"], tile: MatrixTile): number {
  const { left, right } = layoutOf(leftAlong, tile);
  return (left + right) * 2 * tile.buffers + (matrixThreads(tile) / SUBGROUP) * PIECE * PIECE * 4;
}

export function matrixProduct(text: ProductText, tile: MatrixTile): string {
  const { rows, columns, depth, ownRows, ownColumns, buffers } = tile;
  const threads = matrixThreads(tile);
  const { byDepth, leftLine, rightLine, left, right } = layoutOf(text.leftAlong, tile);
  const columns4 = columns / 4;
  const across = columns / ownColumns;
  const [piecesDown, piecesAcross] = [ownRows / PIECE, ownColumns / PIECE];
  const wide = byDepth ? depth / 4 : rows / 4;
  const high = byDepth ? rows : depth;
  const leftReads = reads((wide * high) / threads, threads / wide, high, "loadLine");
  const rightReads = reads((depth * columns4) / threads, threads / columns4, depth, "loadDepth");
  const leftRow = (line: string) => (byDepth ? line : "loadFour * 4");
  const four = (into: string, at: string, value: string) =>
    `let at = ${at}; let h = vec4h(${value}); ${lines(4, (q) => `${into}[at + ${q}] = h[${q}];`)}`;
  const load = (side: "left" | "right", order: string, at: string, line: number) =>
    `subgroupMatrixLoad<subgroup_matrix_${side}<f16, ${PIECE}, ${PIECE}>, ${order}>(&${side}, u32(${at}), ${line}u)`;
  return `enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
${text.declarations}
var<workgroup> left: array<f16, ${left * buffers}>;
var<workgroup> right: array<f16, ${right * buffers}>;
var<workgroup> done: array<f32, ${(threads / SUBGROUP) * PIECE * PIECE}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread_: u32, @builtin(subgroup_id) subgroup_: u32) {
  let thread = i32(thread_);
  let subgroup = i32(subgroup_);
  ${text.start(tile)}
  let loadFour = thread % ${wide};
  let loadLine = thread / ${wide};
  let loadColumn = thread % ${columns4};
  let loadDepth = thread / ${columns4};
  let ownRow = (subgroup / ${across}) * ${ownRows};
  let ownColumn = (subgroup % ${across}) * ${ownColumns};
  ${each(leftReads, ({ line }, i) => `${text.leftReady(i, leftRow(line))} var nextLeft${i} = vec4f(0);`)}
  ${each(rightReads, (_, i) => `var nextRight${i} = vec4f(0);`)}
  ${lines(piecesDown, (i) => lines(piecesAcross, (j) => `var sum${i}_${j} = subgroup_matrix_result<f32, ${PIECE}, ${PIECE}>();`))}
  ${stagedSum({
    begin: "begin",
    end: "end",
    depth,
    buffers,
    fetch: (k) => `
    ${each(leftReads, ({ line, guard }, i) => `${guard}{ nextLeft${i} = ${text.left(i, leftRow(line), byDepth ? `${k} + loadFour * 4` : `${k} + ${line}`)}; }`)}
    ${each(rightReads, ({ line, guard }, i) => `${guard}{ nextRight${i} = ${text.right(`${k} + ${line}`, "column0 + loadColumn * 4")}; }`)}`,
    put: (buffer) => `
    ${each(leftReads, ({ line, guard }, i) => `${guard}{ ${four("left", `${buffer} * ${left} + (${line}) * ${leftLine} + loadFour * 4`, sideOf(text, "left", `nextLeft${i}`))} }`)}
    ${each(rightReads, ({ line, guard }, i) => `${guard}{ ${four("right", `${buffer} * ${right} + (${line}) * ${rightLine} + loadColumn * 4`, sideOf(text, "right", `nextRight${i}`))} }`)}`,
    multiply: (buffer) =>
      lines(depth / PIECE, (s) => {
        const leftAt = (i: number) =>
          byDepth
            ? `${buffer} * ${left} + (ownRow + ${i * PIECE}) * ${leftLine} + ${s * PIECE}`
            : `${buffer} * ${left} + ${s * PIECE * leftLine} + ownRow + ${i * PIECE}`;
        const rightAt = (j: number) =>
          `${buffer} * ${right} + ${s * PIECE * rightLine} + ownColumn + ${j * PIECE}`;
        return `{
      ${lines(piecesDown, (i) => `let l${i} = ${load("left", byDepth ? "row_major" : "col_major", leftAt(i), leftLine)};`)}
      ${lines(
        piecesAcross,
        (j) => `{ let r = ${load("right", "row_major", rightAt(j), rightLine)};
        ${lines(piecesDown, (i) => `sum${i}_${j} = subgroupMatrixMultiplyAccumulate(l${i}, r, sum${i}_${j});`)} }`,
      )}
    }`;
      }),
  })}
  // Sums of a piece lie in a thread as the card likes: they are laid down, and read by row and column.
  let region = thread / ${SUBGROUP};
  let pieceRow = row0 + (region / ${across}) * ${ownRows};
  let pieceColumn = column0 + (region % ${across}) * ${ownColumns};
  ${lines(piecesDown, (i) =>
    lines(
      piecesAcross,
      (
        j,
      ) => `subgroupMatrixStore<row_major>(&done, u32(subgroup * ${PIECE * PIECE}), sum${i}_${j}, ${PIECE}u);
  workgroupBarrier();
  for (var q = thread % ${SUBGROUP}; q < ${(PIECE * PIECE) / 4}; q += ${SUBGROUP}) {
    let row = pieceRow + ${i * PIECE} + q / ${PIECE / 4};
    let column = pieceColumn + ${j * PIECE} + (q % ${PIECE / 4}) * 4;
    let at = region * ${PIECE * PIECE} + q * 4;
    let four = vec4f(done[at], done[at + 1], done[at + 2], done[at + 3]);
    if (row < sizes.rows) {
      ${writeFour(text, "column", "four")}
    }
  }
  workgroupBarrier();`,
    ),
  )}
}`;
}
