/** One step of Adam (Kingma and Ba 2015) in one pass. An item is {@link PART} values. */
const PART = 16384;

@unmanaged
class Adam {
  weights: usize;
  gradient: usize;
  first: usize;
  second: usize;
  newWeights: usize;
  newFirst: usize;
  newSecond: usize;
  length: i32;
  beta1: f32;
  beta2: f32;
  /** Of the gradient: clipping. */
  scale: f32;
  /** Learning rate and ε with the bias corrections in them. */
  size: f32;
  epsilon: f32;
}

export function adamItem(job: usize, item: i32, scratch: usize): void {
  const a = changetype<Adam>(job);
  const end = <usize>min((item + 1) * PART, a.length) << 2;
  let i = <usize>(item * PART) << 2;
  const beta1 = f32x4.splat(a.beta1), rest1 = f32x4.splat(1 - a.beta1);
  const beta2 = f32x4.splat(a.beta2), rest2 = f32x4.splat(1 - a.beta2);
  const scale = f32x4.splat(a.scale), size = f32x4.splat(a.size), epsilon = f32x4.splat(a.epsilon);
  for (; i + 16 <= end; i += 16) {
    const g = f32x4.mul(v128.load(a.gradient + i), scale);
    const m = f32x4.add(f32x4.mul(v128.load(a.first + i), beta1), f32x4.mul(g, rest1));
    const v = f32x4.add(f32x4.mul(v128.load(a.second + i), beta2), f32x4.mul(f32x4.mul(g, g), rest2));
    v128.store(a.newFirst + i, m);
    v128.store(a.newSecond + i, v);
    const move = f32x4.div(f32x4.mul(m, size), f32x4.add(f32x4.sqrt(v), epsilon));
    v128.store(a.newWeights + i, f32x4.sub(v128.load(a.weights + i), move));
  }
  for (; i < end; i += 4) {
    const g = load<f32>(a.gradient + i) * a.scale;
    const m = load<f32>(a.first + i) * a.beta1 + g * (1 - a.beta1);
    const v = load<f32>(a.second + i) * a.beta2 + g * g * (1 - a.beta2);
    store<f32>(a.newFirst + i, m);
    store<f32>(a.newSecond + i, v);
    store<f32>(a.newWeights + i, load<f32>(a.weights + i) - (m * a.size) / (sqrt<f32>(v) + a.epsilon));
  }
}
