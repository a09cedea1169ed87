import { assert } from "../../../../base/errors/index.ts";
import { Random } from "../../../../base/random/index.ts";

/**
 * Shares of random heads, 0 to 1, that have what few patients or few scans have, each drawn by itself. They stand for what a network must not be surprised by, so most are
 * commoner here than in a clinic: in a few thousand heads it has to see each of them in all its forms.
 */
export interface RareCases {
  /** Holes in the vault, as of a drain. Default 0.02. */
  readonly burrHoles: number;
  /** A part of the vault that was cut out and put back. Default 0.02: what most operations leave. */
  readonly boneFlap: number;
  /** A part of the vault of metal, plastic, cement or ceramic. Default 0.02: five materials. */
  readonly cranioplasty: number;
  /** A part of the vault that is not there. Default 0.02: any MR shows it, and bone that is made up there is the worst that a network could do. */
  readonly craniectomy: number;
  /** Crowns and fillings, where the map reaches down to the teeth. Default 0.08: most adults have some, but few maps have teeth, and metal hides what lies around it. */
  readonly dental: number;
  /** An electrode deep in the brain, or a ventricle's shunt. Default 0.03: thin, and of two forms. */
  readonly lead: number;
  /** A vault that is up to 2.5 mm thicker or thinner here and there than the map's. Default 0.05: the maps are of 16 people; it is the slowest of all cases. */
  readonly thickness: number;
  /** Hair, in the CT alone: an MR does not show it. Default 0.03: it can't be learnt, only be expected around a head. */
  readonly hair: number;
  /** A neck that ends at any level below the brain, in a slanted plane, with air below. Default 0.08: beside the fields of view, which end in a straight one. */
  readonly neck: number;
  /** Nothing at all around the head in the MR, not even noise, as scanners and programs leave it. Default 0.15: common in archives. */
  readonly silence: number;
  /** Ghosts of a head that moved. Default 0.06, as in scans that are still kept. */
  readonly motion: number;
}

/** Defaults of {@link RareCases}. */
export const RARE_CASES: RareCases = {
  burrHoles: 0.02,
  boneFlap: 0.02,
  cranioplasty: 0.02,
  craniectomy: 0.02,
  dental: 0.08,
  lead: 0.03,
  thickness: 0.05,
  hair: 0.03,
  neck: 0.08,
  silence: 0.15,
  motion: 0.06,
};

/** {@link RareCases} without any. */
export const NO_RARE_CASES: RareCases = {
  burrHoles: 0,
  boneFlap: 0,
  cranioplasty: 0,
  craniectomy: 0,
  dental: 0,
  lead: 0,
  thickness: 0,
  hair: 0,
  neck: 0,
  silence: 0,
  motion: 0,
};

type Name = keyof RareCases;

/** Does to a head what a case does, if it is drawn. Each case has a generator of its own, so that one does not move another, nor anything else of the head. */
interface Drawing {
  (name: Name, make: (random: Random) => void): void;
  /** The cases drawn so far. */
  readonly drawn: readonly Name[];
}

/** @throws MidashError `invalid-argument` for a name of no case, and for what is no share */
export function rareCases(seed: string, given: Partial<RareCases> = {}): Drawing {
  for (const [name, share] of Object.entries(given)) {
    const where = { call: "randomHead", option: `rare.${name}` };
    assert(Object.hasOwn(RARE_CASES, name), "is no rare case", {
      where,
      hint: `known are ${Object.keys(RARE_CASES).join(", ")}`,
    });
    assert(share >= 0 && share <= 1, `needs a share from 0 to 1, got ${share}`, { where });
  }
  const shares = { ...RARE_CASES, ...given };
  const drawn: Name[] = [];
  const drawing = (name: Name, make: (random: Random) => void) => {
    const random = Random.fork(seed, `rare/${name}`);
    if (random.next() >= shares[name]) return;
    drawn.push(name);
    make(random);
  };
  return Object.assign(drawing, { drawn });
}
