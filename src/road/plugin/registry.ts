import { builtin } from "./builtin.ts";
import { PartTable } from "./part-table.ts";
import type { Plugin } from "./plugin.ts";

/**
 * Finds parts by name: those of the package and of the plugins given. Holds no state beyond them; make one where names come
 * in (a config, a model file, a command line) and pass it on.
 *
 * @example
 * const registry = new Registry([myPlugin]);
 * const spec = registry.model("mynet")({ filters: 8 });
 */
export class Registry extends PartTable {
  /** @throws MidashError `invalid-argument` when two plugins, or two parts of one kind, have one name */
  constructor(plugins: readonly Plugin[] = []) {
    super([builtin, ...plugins]);
  }
}
