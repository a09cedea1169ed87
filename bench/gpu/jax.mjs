// Peer of the GPU suite: jax-js, which is made for pages, in Node with Dawn as navigator.gpu. The network is written as its documentation shows, the step compiled by its jit.
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { loadFile } from "../peers/serve.mjs";
import { installDawn } from "./dawn.mjs";
import { serveEngine } from "./serve-engine.mjs";

const EPSILON = 1e-5;

await serveEngine(async () => {
  await installDawn();
  const found = await init("webgpu");
  if (!found.includes("webgpu")) throw new Error("jax-js finds no WebGPU adapter");
  defaultDevice("webgpu");
  return {
    facts: { "jax-js": "0.1" },
    async open(of, _as, folder) {
      if (of.kind === "train" || of.kind === "predict") return network(of, folder);
      throw new Error(`no ${of.kind} here`);
    },
  };
});

async function network({ kind, dims, baseFilters, levels, size, batch }, folder) {
  const arrays = loadFile(
    folder,
    `train-${baseFilters}x${levels}-${size}-${batch}${dims === 3 ? "-3d" : ""}.safetensors`,
  );
  const shape = [batch, 1, ...Array(dims).fill(size)];
  const axes = [2, 3, 4].slice(0, dims);
  const { "batch.input": x, "batch.target": y, "batch.mask": mask, ...weights } = arrays;
  const names = Object.keys(weights);
  const put = (data, to) => np.array(data).reshape(to);
  const device = (name) => {
    const { data, shape: s } = weights[name];
    if (s.length === 1) return put(data, [1, s[0], ...Array(dims).fill(1)]);
    return np.transpose(put(data, s), [s.length - 1, s.length - 2, ...s.slice(0, -2).map((_, n) => n)]);
  };
  let w = Object.fromEntries(names.map((name) => [name, device(name)]));
  await blockUntilReady(w);

  const convolution = (h, k) => lax.conv(h, k, Array(dims).fill(1), "SAME");
  const layer = (h, p, name) => {
    const z = convolution(h, p[`${name}.weight`].ref);
    const mean = np.mean(z.ref, axes, { keepdims: true });
    const centred = z.sub(mean);
    const variance = np.mean(np.square(centred.ref), axes, { keepdims: true });
    const normal = centred.mul(np.reciprocal(np.sqrt(variance.add(EPSILON))));
    return nn.leakyRelu(normal.mul(p[`${name}.norm.weight`].ref).add(p[`${name}.bias`].ref), 0.01);
  };
  const block = (h, p, name) => layer(layer(h, p, `${name}.0`), p, `${name}.1`);
  // Both by reshaping: pairs of pixels as an axis of their own.
  const halve = (h) => {
    const s = h.shape;
    const pairs = [s[0], s[1], ...s.slice(2).flatMap((n) => [n / 2, 2])];
    return np.max(
      h.reshape(pairs),
      axes.map((_, n) => 3 + 2 * n),
    );
  };
  const double = (h) => axes.reduce((v, axis) => np.repeat(v, 2, axis), h);
  const forward = (p, input) => {
    const skips = [];
    let h = input;
    for (let level = 0; level < levels; level++) {
      if (level > 0) {
        skips.push(h.ref);
        h = halve(h);
      }
      h = block(h, p, `encoder.${level}`);
    }
    for (let level = levels - 2; level >= 0; level--) {
      const narrow = convolution(h, p[`up.${level}.weight`].ref).add(p[`up.${level}.bias`].ref);
      h = block(np.concatenate([double(narrow), skips[level]], 1), p, `decoder.${level}`);
    }
    return convolution(h, p["output.weight"].ref).add(p["output.bias"].ref);
  };
  const release = (p) => {
    for (const name of names) p[name].dispose();
  };

  if (kind === "predict") {
    const run = jit((p, input) => {
      const out = forward(p, input);
      release(p);
      return out;
    });
    const refs = () => Object.fromEntries(names.map((name) => [name, w[name].ref]));
    return {
      async run(steps) {
        let out;
        for (let n = 0; n < steps; n++) out = await run(refs(), put(x.data, shape)).data();
        return { mean: meanOf(out) };
      },
      close: () => release(w),
    };
  }

  const zeros = () => Object.fromEntries(names.map((name) => [name, np.zeros(w[name].shape)]));
  let [m, v, t] = [zeros(), zeros(), 0];
  const count = mask.data.reduce((a, b) => a + b, 0);
  const loss = (p, input, target, within) => {
    const out = forward(p, input);
    release(p);
    return np.sum(np.abs(out.sub(target)).mul(within)).div(count);
  };
  const step = jit((p, first, second, input, target, within, size, epsilon) => {
    const own = Object.fromEntries(names.map((name) => [name, p[name].ref]));
    const [value, gradients] = valueAndGrad(loss)(own, input, target, within);
    const [next, nextFirst, nextSecond] = [{}, {}, {}];
    for (const name of names) {
      const g = gradients[name];
      nextFirst[name] = first[name].mul(0.9).add(g.ref.mul(0.1));
      nextSecond[name] = second[name].mul(0.999).add(np.square(g).mul(0.001));
      next[name] = p[name].sub(
        nextFirst[name].ref.mul(size.ref).div(np.sqrt(nextSecond[name].ref).add(epsilon.ref)),
      );
    }
    size.dispose();
    epsilon.dispose();
    return [value, next, nextFirst, nextSecond];
  });
  return {
    async run(steps) {
      let value;
      for (let n = 0; n < steps; n++) {
        t++;
        const correction = Math.sqrt(1 - 0.999 ** t);
        const result = step(
          w,
          m,
          v,
          put(x.data, shape),
          put(y.data, shape),
          put(mask.data, shape),
          np.array((1e-4 * correction) / (1 - 0.9 ** t)),
          np.array(1e-8 * correction),
        );
        [, w, m, v] = result;
        [value] = await result[0].data();
      }
      await blockUntilReady(w);
      return { loss: value };
    },
    close() {
      for (const each of [w, m, v]) release(each);
    },
  };
}

function meanOf(data) {
  let sum = 0;
  for (const each of data) sum += Math.abs(each);
  return sum / data.length;
}
