/** How many values a shape holds; 1 for none at all. */
export function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}
