#!/bin/sh
# Runs the packed GPU suite (npm run gpu:kit) on a bare Linux machine: sh run.sh [options of the suite, as --tiny]
#
#   OUT      folder of the result, renewed with each row, and of the log; default: out beside this script
#   BUDGET   seconds until no further case begins, unpacking counted; default 345, so that all ends in six minutes
#   PYTHON   with PyTorch and NumPy; default python3. Without it PyTorch's rows say so
begun=$(date +%s)
here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-$here/out}
work=${TMPDIR:-/tmp}/midash-gpu-kit
mkdir -p "$out" "$work" || exit 1
cd "$work" || exit 1
if [ ! -x kit/node ]; then
  tar -xJf "$here/kit.tar.xz" 2>/dev/null || python3 -m tarfile -e "$here/kit.tar.xz" . || { echo "run.sh: needs tar with xz, or python3"; exit 1; }
fi
echo "unpacked after $(($(date +%s) - begun)) s"

python=${PYTHON:-$(command -v python3)}
[ -n "$python" ] && export MIDASH_PYTHON="$python"
export PYTHON_LIBRARY_PATH="${LD_LIBRARY_PATH:-}"
drivers=/usr/local/nvidia/lib64:/usr/local/nvidia/lib:/usr/lib/x86_64-linux-gnu
# The system's own loader where it has one.
PATH=$PATH:/sbin:/usr/sbin
if ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then drivers=$work/kit/lib:$drivers; fi
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$drivers"

# Drivers of Vulkan to try in turn: what is asked for, what the system lists, NVIDIA's, and NVIDIA's libraries by files of our own where its file is missing.
if [ -n "${VK_DRIVER_FILES:-$VK_ICD_FILENAMES}" ]; then candidates=${VK_DRIVER_FILES:-$VK_ICD_FILENAMES}
else
  candidates=system
  for file in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json /etc/vulkan/icd.d/nvidia_icd.json /usr/share/vulkan/icd.d/nvidia_icd.json; do
    [ -f "$file" ] && candidates="$candidates $file"
  done
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    for folder in /usr/local/nvidia/lib64 /usr/lib/x86_64-linux-gnu /usr/lib64; do
      [ -e "$folder/$library" ] || continue
      printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3.0"}}\n' "$folder/$library" >"$library.json"
      candidates="$candidates $work/$library.json"
    done
  done
fi

for candidate in $candidates; do
  if [ "$candidate" = system ]; then unset VK_DRIVER_FILES VK_ICD_FILENAMES
  else export VK_DRIVER_FILES="$candidate" VK_ICD_FILENAMES="$candidate"; fi
  if ./kit/node kit/app/main.js gpu-engine adapter </dev/null 2>"$out/adapter.log" | grep -q '"ready":true'; then found=$candidate; break; fi
  echo "no adapter by $candidate"
done
[ -n "$found" ] || { echo "run.sh: no Vulkan driver found; $out/adapter.log has what was said"; exit 1; }
echo "adapter by $found after $(($(date +%s) - begun)) s"

left=$((${BUDGET:-345} - $(date +%s) + begun))
./kit/node kit/app/main.js gpu --minutes "$((left / 60)).$(printf %02d $((left % 60 * 100 / 60)))" --out "$out/gpu.json" "$@" 2>&1 | tee "$out/gpu.log"
echo "ended after $(($(date +%s) - begun)) s"
