/** How far a long piece of work has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}
