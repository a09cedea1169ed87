import { MidashError } from "../../../base/errors/index.ts";

/** The fastest way of each product by the adapter it was measured on: what {@link TileChoices.toJSON} gives. */
export type TileChoicesJson = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Which tile computes a convolution of a shape the fastest on an adapter. Given to `webgpu({ tiles })`, each shape is timed when it is first met, after the work that met it, and computed in the fastest way from then on.
 * Times differ from run to run, and with the tile the order of sums: two runs that measure need not give the same bits. Runs with the same choices that measure nothing do.
 *
 * @example
 * const tiles = new TileChoices();
 * const session = await webgpu({ tiles }).open();
 * // ... a step or two; then, to keep them:
 * const text = JSON.stringify(tiles);
 * const again = webgpu({ tiles: new TileChoices(JSON.parse(text), { measure: false }) });
 */
export class TileChoices {
  /** Whether shapes that are not among the choices are measured; else a rule by shape takes its tile. Default true. */
  readonly measure: boolean;
  readonly #known: Map<string, Map<string, string>>;

  /** @throws MidashError `invalid-argument` where `known` is not what `toJSON` gave */
  constructor(known: TileChoicesJson = {}, { measure = true }: { readonly measure?: boolean } = {}) {
    const isTable = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
    const names = isTable(known)
      ? Object.values(known).flatMap((of) => (isTable(of) ? Object.values(of) : [undefined]))
      : [undefined];
    if (names.some((name) => typeof name !== "string"))
      throw new MidashError("invalid-argument", "tiles are a table of tables of names", {
        where: { call: "TileChoices" },
        hint: "give what toJSON of another TileChoices gave",
      });
    this.measure = measure;
    this.#known = new Map(
      Object.entries(known).map(([adapter, ways]) => [adapter, new Map(Object.entries(ways))]),
    );
  }

  /** The fastest way of a product, where it is known. @param adapter as `nvidia nvidia-h100-80gb-hbm3` */
  get(adapter: string, product: string): string | undefined {
    return this.#known.get(adapter)?.get(product);
  }

  /** Keeps the fastest way of a product. */
  set(adapter: string, product: string, way: string): void {
    const ways = this.#known.get(adapter) ?? new Map<string, string>();
    this.#known.set(adapter, ways.set(product, way));
  }

  /** All of them, as the constructor takes them. */
  toJSON(): TileChoicesJson {
    return Object.fromEntries([...this.#known].map(([adapter, ways]) => [adapter, Object.fromEntries(ways)]));
  }
}
