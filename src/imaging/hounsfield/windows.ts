/** A display window: HU from level - width/2 (black) to level + width/2 (white). */
export interface HuWindow {
  /** HU. */
  readonly width: number;
  /** HU, the centre. */
  readonly level: number;
}

/**
 * The windows radiologists name, width/level in HU: soft tissue 400/40, brain 80/40, bone 1800/400, lung 1500/-600
 * (the usual presets, e.g. Radiopaedia, "Windowing (CT)").
 */
export const HU_WINDOWS = Object.freeze({
  soft: Object.freeze({ width: 400, level: 40 }),
  brain: Object.freeze({ width: 80, level: 40 }),
  bone: Object.freeze({ width: 1800, level: 400 }),
  lung: Object.freeze({ width: 1500, level: -600 }),
}) satisfies Readonly<Record<string, HuWindow>>;
