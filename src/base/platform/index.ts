/** What of Node is there, if this is Node. */
export {
  type AsyncContext,
  type NodePort,
  type NodeWorker,
  nodeModule,
  nodeProcess,
} from "./node-modules.ts";
