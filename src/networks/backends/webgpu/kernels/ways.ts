/** The ways to compute a product on a card: tiles of threads or of matrix units, as far as its limits allow. */
import { type GpuBackend, isSoftware } from "../of-backend.ts";
import { MATRIX_TILES, matrixProduct, matrixThreads, memoryOfMatrices } from "./matrix-product.ts";
import type { ProductText } from "./product-text.ts";
import type { Products } from "./products.ts";
import { memoryOfThreads, threadProduct } from "./thread-product.ts";
import { CARD_TILES, SOFTWARE_TILES, type Tile, threadsOf, tileFor } from "./tile.ts";

export interface Way {
  /** As `128x64x16 threads 8x8 f32`. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly code: (text: ProductText) => string;
}

/** What a card sets limits to. */
export interface Limits {
  /** Bytes of a workgroup's memory. */
  readonly memory: number;
  /** Threads of a workgroup. */
  readonly threads: number;
  readonly software: boolean;
}

/** What ways depend on. */
export type ProductCard = Pick<GpuBackend, "adapterInfo" | "products"> & {
  readonly device: {
    readonly limits: Pick<
      GPUSupportedLimits,
      "maxComputeWorkgroupStorageSize" | "maxComputeInvocationsPerWorkgroup"
    >;
  };
};

function limitsOf(backend: ProductCard): Limits {
  const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup } = backend.device.limits;
  return {
    memory: maxComputeWorkgroupStorageSize,
    threads: maxComputeInvocationsPerWorkgroup,
    software: isSoftware(backend),
  };
}

/** Those by threads. Never none: the smallest fits the least that WebGPU promises. */
export function threadWays(along: ProductText["leftAlong"], products: Products, limits: Limits): Way[] {
  const tiles: readonly Tile[] = limits.software ? SOFTWARE_TILES : CARD_TILES;
  const numbers = products === "f16-matrix" ? "f16" : products;
  return tiles.flatMap((tile) => {
    const fits = ([2, 1] as const).filter((n) => n <= tile.buffers).map((buffers) => ({ ...tile, buffers }));
    const own = fits.find((of) => memoryOfThreads(along, of, numbers) <= limits.memory);
    if (!own || threadsOf(own) > limits.threads) return [];
    const { rows, columns, depth, threadRows, threadColumns, buffers } = own;
    return {
      name: `${rows}x${columns}x${depth}${buffers === 2 ? " twice" : ""} threads ${threadRows}x${threadColumns} ${numbers}`,
      rows,
      columns,
      depth,
      code: (text: ProductText) => threadProduct(text, own, numbers),
    };
  });
}

/** Those by matrix units. */
export function matrixWays(along: ProductText["leftAlong"], limits: Limits): Way[] {
  return MATRIX_TILES.flatMap((tile) => {
    const own = ([2, 1] as const)
      .map((buffers) => ({ ...tile, buffers }))
      .find((of) => memoryOfMatrices(along, of) <= limits.memory);
    if (!own || matrixThreads(own) > limits.threads) return [];
    const { rows, columns, depth, ownRows, ownColumns, buffers } = own;
    return {
      name: `${rows}x${columns}x${depth}${buffers === 2 ? " twice" : ""} matrices ${ownRows}x${ownColumns}`,
      rows,
      columns,
      depth,
      code: (text: ProductText) => matrixProduct(text, own),
    };
  });
}

/** Columns of a product from which on matrix units compute it: of fewer most of a piece of 16 × 16 would be of nothing. */
const MATRIX_COLUMNS = 9;

/**
 * All ways for a product of so many columns that do not compute mostly what nobody asked for, and which of them the rule takes.
 *
 * @param shares parts that the sum may be cut into, each for a workgroup of its own
 */
export function waysFor(
  backend: ProductCard,
  along: ProductText["leftAlong"],
  [rows, columns]: readonly [rows: number, columns: number],
  shares = 1,
): { readonly all: readonly Way[]; readonly rule: Way } {
  const products = backend.products ?? "f32";
  const limits = limitsOf(backend);
  const threads = threadWays(along, products, limits);
  const matrices = products === "f16-matrix" && columns >= MATRIX_COLUMNS ? matrixWays(along, limits) : [];
  const main = matrices.length > 0 ? matrices : threads;
  return {
    all: [...matrices, ...threads].filter((way) => way.columns < 2 * columns || way.columns <= 16),
    rule: limits.software ? main[0]! : tileFor(rows * shares, columns, main),
  };
}
