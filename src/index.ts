export * from "./volume/index.ts";
