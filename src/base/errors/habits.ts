/** What the options are called elsewhere (PyTorch, Lightning, MONAI, nnU-Net, scikit-learn), by our names in kebab case. For errors alone: nothing is accepted under them. */
const HABITS: Readonly<Record<string, string>> = {
  augmentations: "augment augmentation aug transforms data-augmentation",
  backend: "device gpu cuda accelerator use-gpu",
  "base-filters": "features channels init-features n-filters num-filters base-channels",
  "batch-size": "batch bs b sw-batch-size train-batch-size batchsize",
  memory: "cache cache-bytes cache-rate cache-num",
  dims: "spatial-dims ndim",
  epochs: "epoch e max-epochs n-epochs num-epochs nb-epochs num-train-epochs",
  freeze: "freeze-layers frozen frozen-layers",
  from: "start pretrained pretrained-weights weights checkpoint ckpt init-from finetune fine-tune load",
  "learning-rate": "lr rate alpha learning-rate-init initial-lr init-lr base-lr",
  levels: "depth num-levels",
  loss: "criterion loss-fn loss-function",
  model: "arch architecture net network m",
  optimizer: "optim opt solver optimiser",
  out: "o output output-dir out-dir outdir output-path save-dir log-dir results-dir",
  patience: "early-stopping early-stop",
  "per-case": "num-samples samples-per-volume samples-per-case",
  prediction: "pred sct output-image",
  reference: "ref gt ground-truth target ct label",
  sampler: "slicer patcher",
  schedule: "scheduler lr-scheduler lr-schedule",
  seed: "random-seed random-state manual-seed",
  size: "roi-size patch-size crop-size img-size image-size spatial-size patch roi",
  spacing: "pixdim voxel-size voxel-spacing target-spacing resolution",
  split: "val val-split validation-split validation-cases test-cases splits fold val-size test-size",
  "steps-per-epoch": "num-iterations-per-epoch iterations-per-epoch limit-train-batches",
  threads: "num-workers workers loader-workers dataloader-workers",
  watch: "monitor metric val-metric",
  workers: "num-workers n-jobs jobs j threads num-threads",
};

/** The known name that people mean who call it as they do elsewhere: "learningRate" for "lr". Spelling is the only thing that counts: `--batch_size`, `batchSize`. */
export function habitual(word: string, known: readonly string[]): string | undefined {
  const said = kebab(word);
  return known.find((name) => {
    const own = kebab(name);
    return own === said || (Object.hasOwn(HABITS, own) && HABITS[own]!.split(" ").includes(said));
  });
}

function kebab(name: string): string {
  return name
    .replace(/^-+/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}
