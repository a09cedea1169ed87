#!/bin/sh
# tfjs-node where its install script can't download TensorFlow: the addon, built from its npm source against the
# library of PyPI's TensorFlow wheel. Linux on x86-64, with g++, npm, pip and unzip; 300 MB to fetch, 1 GB on disk.
#
#   test/verify/tfjs-node/build.sh FOLDER [tfjs-node | tfjs-node-gpu]
#
# FOLDER gets node_modules/@tensorflow/tfjs-node, or has it already. With tfjs-node-gpu the wheel must be one with CUDA
# (WHEEL=tensorflow); with the default it is what falls back to the processor.
set -eu
folder=${1:?the folder whose node_modules gets tfjs-node}
package=${2:-tfjs-node}
wheel=${WHEEL:-tensorflow-cpu}
version=${TENSORFLOW:-2.19.0}
python=${PYTHON:-python3}

mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --save-exact "@tensorflow/$package@4.22.0" node-api-headers@1

library=.tensorflow/$wheel-$version
if [ ! -f "$library/tensorflow/libtensorflow_cc.so.2" ]; then
  "$python" -m pip download --no-deps --only-binary :all: --python-version 3.11 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$library" "$wheel==$version"
  unzip -qo "$library"/*.whl 'tensorflow/libtensorflow_*' 'tensorflow/include/tensorflow/*' \
    'tensorflow/include/xla/*' 'tensorflow/include/tsl/*' -d "$library"
  rm "$library"/*.whl
fi
tensorflow=$PWD/$library/tensorflow
headers=$PWD/node_modules/node-api-headers/include

cd "node_modules/@tensorflow/$package"
mkdir -p deps/lib lib/napi-v8
ln -sf "$tensorflow"/libtensorflow_*.so.2 deps/lib/
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I"$headers" -I"$tensorflow/include" \
  binding/tfjs_backend.cc binding/tfjs_binding.cc -o lib/napi-v8/tfjs_binding.node \
  -Ldeps/lib -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,'$ORIGIN/../../deps/lib'

cd "$OLDPWD"
node -e "const tf = require('@tensorflow/$package'); console.log('TensorFlow', tf.backend().binding.TF_Version, 'computes', tf.square(3).dataSync()[0])"
