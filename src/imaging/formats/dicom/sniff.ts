/** "DICM" behind a preamble of 128 bytes. */
export function isDicom(head: Uint8Array): boolean {
  return head[128] === 0x44 && head[129] === 0x49 && head[130] === 0x43 && head[131] === 0x4d;
}
