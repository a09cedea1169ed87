/** A CJS package imported from ESM may show its names only under `default`. */
export function interop<T extends object>(module: T): T {
  return "default" in module ? (module.default as T) : module;
}
