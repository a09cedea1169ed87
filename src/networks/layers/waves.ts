/** The waves of `Layers.waves`: sine and cosine take turns, as cos(a) = sin(a + π/2). */
export function wavesOf(count: number): { readonly frequencies: number[]; readonly phases: number[] } {
  const numbers = Array.from({ length: 2 * count }, (_, n) => n);
  return {
    frequencies: numbers.map((n) => (Math.PI / 2) * (Math.floor(n / 2) + 1)),
    phases: numbers.map((n) => (n % 2 === 0 ? 0 : Math.PI / 2)),
  };
}
