/** Remembers what was made last: a case's volumes are loaded one after the other, and come from one simulation. */
export function lastOnly<K, T>(
  make: (key: K, signal?: AbortSignal) => Promise<T>,
): (key: K, signal?: AbortSignal) => Promise<T> {
  let last: { readonly key: K; readonly made: Promise<T> } | undefined;
  return (key, signal) => {
    if (last?.key !== key) {
      const entry = { key, made: make(key, signal) };
      entry.made.catch(() => {
        if (last === entry) last = undefined; // a cancelled simulation must not be remembered
      });
      last = entry;
    }
    return last.made;
  };
}
