/** How a file's pixels are stored. */
export interface PixelFormat {
  readonly type: "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "float32" | "float64";
  readonly signed: boolean;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** Lowest bit of a value: above 0 where HighBit leaves room below. */
  readonly shift: number;
  /** Stored numbers, lowest and highest, that stand for "nothing was measured here". */
  readonly padding: readonly [number, number] | undefined;
}
