/** HU of air, by the definition of the scale: what lies around the body, and what synthesis writes there. */
export const AIR_HU = -1000;
