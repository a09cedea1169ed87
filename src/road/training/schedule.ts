/** What the learning rate is multiplied by when `epoch` of `epochs` are done, not only whole ones. By the names that configs use. */
export const schedules = {
  /** The capstone's. */
  constant: () => 1,
  /** Down towards 0 along half a cosine (Loshchilov and Hutter, 2017), as training by few epochs asks for. */
  cosine: (epoch: number, epochs: number) => 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)),
} as const satisfies Readonly<Record<string, (epoch: number, epochs: number) => number>>;

/** A name of {@link schedules}. */
export type ScheduleName = keyof typeof schedules;
