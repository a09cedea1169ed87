/** The filters of a 3×3 convolution as F(4×4, 3×3) takes them: G g Gᵀ. */
import { filter6 } from "./transforms";
import { APART, ZERO } from "./winograd-tiles";

/** Transforms filters [planes, 3, 3, in, out] into [36][panel][planes · in][8]. */
@unmanaged
class Filters {
  filter: usize;
  planes: i32;
  /** Of the filter as it lies in memory: channels in and out. */
  inChannels: i32;
  outChannels: i32;
  /** Rotated by 180° and with in and out changing places: for the gradient of the input. */
  turned: i32;
  target: usize;
}

/** An item is 4 rows of the transformed filters. */
export function filtersItem(job: usize, item: i32, scratch: usize): void {
  const f = changetype<Filters>(job);
  const outs = f.turned ? f.inChannels : f.outChannels; // of the convolution that will run
  const ins = f.turned ? f.outChannels : f.inChannels;
  const panels = (outs + 7) >> 3;
  const k = f.planes * ins;
  const position = (<usize>(panels * k) << 5) + APART;
  const tap = <usize>(f.inChannels * f.outChannels) << 2;
  const row = item << 2;
  const plane = row / ins;
  const filter = f.filter + <usize>(f.turned ? f.planes - 1 - plane : plane) * 9 * tap;
  for (let c = row - plane * ins; c < row - plane * ins + 4; c++)
    for (let o = 0; o < panels << 3; o += 4) {
      const to = f.target + (<usize>((o >> 3) * k + plane * ins + c) << 5) + (<usize>(o & 4) << 2);
      if (o >= outs) {
        for (let p: usize = 0; p < 36; p++) v128.store(to + p * position, ZERO);
        continue;
      }
      for (let s: usize = 0; s < 3; s++) {
        if (f.turned) {
          const at = filter + (<usize>(o * f.outChannels + c) << 2) + (2 - s) * tap;
          filter6(
            gather(at + 6 * tap, f.outChannels), gather(at + 3 * tap, f.outChannels), gather(at, f.outChannels),
            scratch + (s << 4), 48,
          );
        } else {
          const at = filter + (<usize>(c * f.outChannels + o) << 2) + s * tap;
          filter6(v128.load(at), v128.load(at + 3 * tap), v128.load(at + 6 * tap), scratch + (s << 4), 48);
        }
      }
      for (let r: usize = 0; r < 6; r++) {
        const at = scratch + r * 48;
        filter6(v128.load(at), v128.load(at, 16), v128.load(at, 32), to + 6 * r * position, position);
      }
    }
}

/** 4 values `stride` floats apart. */
@inline
function gather(at: usize, stride: i32): v128 {
  const step = <usize>stride << 2;
  let v = v128.load32_zero(at);
  v = v128.load32_lane(at + step, v, 1);
  v = v128.load32_lane(at + 2 * step, v, 2);
  return v128.load32_lane(at + 3 * step, v, 3);
}
