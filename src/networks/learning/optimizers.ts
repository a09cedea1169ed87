import { adam, adamw } from "./adam.ts";
import { sgd } from "./sgd.ts";

/** Optimizers, each made by its factory, by the names that configs use. */
export const optimizers = { adam, adamw, sgd } as const;
