/** Milliseconds that the card needs for a pass: by its own clock where it has one (`timestamp-query`), else from submission to end. */
export function passTimer(
  device: GPUDevice,
  encode: (pass: GPUComputePassEncoder, repeats: number) => void,
): (repeats: number) => Promise<number> {
  return device.features.has("timestamp-query") ? byStamps(device, encode) : byWaiting(device, encode);
}

function byWaiting(device: GPUDevice, encode: (pass: GPUComputePassEncoder, repeats: number) => void) {
  return async (repeats: number) => {
    await device.queue.onSubmittedWorkDone();
    const commands = device.createCommandEncoder();
    const pass = commands.beginComputePass();
    encode(pass, repeats);
    pass.end();
    const started = performance.now();
    device.queue.submit([commands.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - started;
  };
}

function byStamps(device: GPUDevice, encode: (pass: GPUComputePassEncoder, repeats: number) => void) {
  return async (repeats: number) => {
    const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
    const stamps = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const read = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const commands = device.createCommandEncoder();
    const pass = commands.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    encode(pass, repeats);
    pass.end();
    commands.resolveQuerySet(querySet, 0, 2, stamps, 0);
    commands.copyBufferToBuffer(stamps, 0, read, 0, 16);
    device.queue.submit([commands.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(read.getMappedRange());
    read.unmap();
    for (const made of [querySet, stamps, read]) made.destroy();
    return Number(end! - begin!) / 1e6;
  };
}
