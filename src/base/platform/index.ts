/** What of Node is there, if this is Node, and packages that a user may have installed. */
export { loadPackage } from "./load-package.ts";
export {
  type AsyncContext,
  type NodePort,
  type NodeProcess,
  type NodeWorker,
  nodeModule,
  nodeProcess,
} from "./node-modules.ts";
export { sha256Of } from "./sha256-of.ts";
