/**
 * A product of matrices on a card's plain cores: a workgroup lays parts of both sides down in its memory, each thread multiplies what it needs of them in registers.
 * Threads that read at the same time read neighbours (or one place): a thread's rows lie apart, and rows of the left side a little longer than they need be, so that no bank of the memory is asked twice.
 */

import { type ProductText, sideOf, writeFour } from "./product-text.ts";
import { formatOf, type Products } from "./products.ts";
import { stagedSum } from "./staged-sum.ts";
import { lines, type Tile, threadsOf } from "./tile.ts";

/** How each side lies in the workgroup's memory, in fours. */
function layoutOf(leftAlong: ProductText["leftAlong"], { rows, columns, depth }: Tile) {
  const byDepth = leftAlong === "depth";
  const leftLine = byDepth ? depth / 4 + 1 : rows / 4;
  return { byDepth, leftLine, left: leftLine * (byDepth ? rows : depth), right: (depth * columns) / 4 };
}

/** Bytes of a workgroup's memory. */
export function memoryOfThreads(leftAlong: ProductText["leftAlong"], tile: Tile, products: Products): number {
  const { left, right } = layoutOf(leftAlong, tile);
  return (left + right) * tile.buffers * formatOf(products).bytes;
}

export function threadProduct(text: ProductText, tile: Tile, products: Products): string {
  const { enable, four, put, take } = formatOf(products);
  const { rows, columns, depth, threadRows, threadColumns, buffers } = tile;
  const threads = threadsOf(tile);
  const { byDepth, leftLine, left, right } = layoutOf(text.leftAlong, tile);
  const [columns4, own4] = [columns / 4, threadColumns / 4];
  const across = columns / threadColumns;
  const down = rows / threadRows;
  // Threads side by side over a line of the left side, then over lines.
  const wide = byDepth ? depth / 4 : rows / 4;
  const high = byDepth ? rows : depth;
  const leftReads = reads((wide * high) / threads, threads / wide, high, "loadLine");
  const rightReads = reads((depth * columns4) / threads, threads / columns4, depth, "loadDepth");
  const leftRow = (line: string) => (byDepth ? line : "loadFour * 4");
  const rowOf = (i: number) =>
    byDepth ? `ownRow + ${i * down}` : `(ownRow + ${Math.floor(i / 4) * down}) * 4 + ${i % 4}`;
  return `${enable}
${text.declarations}
var<workgroup> left: array<${four}, ${left * buffers}>;
var<workgroup> right: array<${four}, ${right * buffers}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread_: u32) {
  let thread = i32(thread_);
  ${text.start(tile)}
  let loadFour = thread % ${wide};
  let loadLine = thread / ${wide};
  let loadColumn = thread % ${columns4};
  let loadDepth = thread / ${columns4};
  let ownColumn = thread % ${across};
  let ownRow = thread / ${across};
  ${each(leftReads, ({ line }, i) => `${text.leftReady(i, leftRow(line))} var nextLeft${i} = vec4f(0);`)}
  ${each(rightReads, (_, i) => `var nextRight${i} = vec4f(0);`)}
  ${lines(threadRows, (i) => lines(own4, (j) => `var sum${i}_${j} = vec4f(0);`))}
  ${stagedSum({
    begin: "begin",
    end: "end",
    depth,
    buffers,
    fetch: (k) => `
    ${each(leftReads, ({ line, guard }, i) => `${guard}{ nextLeft${i} = ${text.left(i, leftRow(line), byDepth ? `${k} + loadFour * 4` : `${k} + ${line}`)}; }`)}
    ${each(rightReads, ({ line, guard }, i) => `${guard}{ nextRight${i} = ${text.right(`${k} + ${line}`, "column0 + loadColumn * 4")}; }`)}`,
    put: (buffer) => `
    ${each(leftReads, ({ line, guard }, i) => `${guard}{ left[${buffer} * ${left} + (${line}) * ${leftLine} + loadFour] = ${put(sideOf(text, "left", `nextLeft${i}`))}; }`)}
    ${each(rightReads, ({ line, guard }, i) => `${guard}{ right[${buffer} * ${right} + (${line}) * ${columns4} + loadColumn] = ${put(sideOf(text, "right", `nextRight${i}`))}; }`)}`,
    multiply: (buffer) => {
      const columnsAt = (k: string, j: number) =>
        take(`right[${buffer} * ${right} + (${k}) * ${columns4} + ownColumn + ${j * across}]`);
      if (byDepth)
        return `for (var k = 0; k < ${depth / 4}; k++) {
      ${lines(4, (q) => lines(own4, (j) => `let w${q}_${j} = ${columnsAt(`k * 4 + ${q}`, j)};`))}
      ${lines(
        threadRows,
        (i) => `{ let v = ${take(`left[${buffer} * ${left} + (${rowOf(i)}) * ${leftLine} + k]`)};
        ${lines(own4, (j) => `sum${i}_${j} += ${[0, 1, 2, 3].map((q) => `v[${q}] * w${q}_${j}`).join(" + ")};`)} }`,
      )}
    }`;
      return `for (var k = 0; k < ${depth}; k++) {
      ${lines(own4, (j) => `let w${j} = ${columnsAt("k", j)};`)}
      ${lines(
        threadRows / 4,
        (i) => `{ let v = ${take(`left[${buffer} * ${left} + k * ${leftLine} + ownRow + ${i * down}]`)};
        ${lines(4, (q) => lines(own4, (j) => `sum${i * 4 + q}_${j} += v[${q}] * w${j};`))} }`,
      )}
    }`;
    },
  })}
  ${lines(
    threadRows,
    (i) => `{ let row = row0 + ${rowOf(i)};
    if (row < sizes.rows) {
      ${lines(own4, (j) => writeFour(text, `(column0 + (ownColumn + ${j * across}) * 4)`, `sum${i}_${j}`))}
    } }`,
  )}
}`;
}

interface Read {
  /** Of the side in the workgroup's memory. */
  readonly line: string;
  /** Nothing where every thread has a whole number of reads. */
  readonly guard: string;
}

/** A thread's reads of one side, `step` lines apart. */
export function reads(count: number, step: number, high: number, first: string): Read[] {
  return Array.from({ length: Math.max(1, Math.ceil(count)) }, (_, i) => {
    const line = `${first} + ${i * step}`;
    return { line, guard: Number.isInteger(count) ? "" : `if (${line} < ${high}) ` };
  });
}

export function each(all: readonly Read[], line: (read: Read, i: number) => string): string {
  return all.map(line).join("\n");
}
