import { adam, adamw } from "./adam.ts";
import { sgd } from "./sgd.ts";

/** Optimizers, each made by its factory, by the names that configs use. */
export const optimizers = {
  /** Adam (Kingma and Ba 2015). */
  adam,
  /** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
  adamw,
  /** Stochastic gradient descent with Nesterov momentum. */
  sgd,
} as const;
