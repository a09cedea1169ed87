/** Whether a pattern stands for a text: `*` is any letters, or none; all others are themselves. */
export function fitsPattern(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return text === pattern;
  const last = rest.pop()!;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at); // the first fit leaves the most for the others
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
