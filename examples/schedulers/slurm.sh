#!/bin/bash
# Cohorts on Slurm: an array whose tasks share one folder of results.
#
#   sbatch --array=1-8 slurm.sh CASES OUT [options of midash process]
#
# Run it again after whatever happened: what is there is left alone. A task that is requeued, or runs twice, does no case twice.
# The command: MIDASH, default npx @midash/core; e.g. "apptainer exec --nv midash.sif midash".
#
#SBATCH --job-name=midash
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=midash-%A_%a.log
# Two minutes before the time is up: midash finishes the case it is at, and ends.
#SBATCH --signal=B:TERM@120
set -euo pipefail
cases=${1:?the cases, a folder or a table}
out=${2:?the folder of results}
shift 2
# shellcheck disable=SC2086 # MIDASH may be several words
exec ${MIDASH:-npx @midash/core} process "$cases" --out "$out" \
  --shard "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))/$SLURM_ARRAY_TASK_COUNT" "$@"
