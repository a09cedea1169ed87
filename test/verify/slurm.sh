#!/bin/bash
# `midash process --shard` under a real slurmctld, on this machine alone: 40 cases in 8 array tasks, of which one is killed and one requeued while they run.
# Shows that all cases are done and none twice. Needs `npm run build`, and of Debian: slurmctld slurmd slurm-client munge. Run as root.
#
#   test/verify/slurm.sh [FOLDER]
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(realpath -m "${1:-$(mktemp -d)}")
host=$(hostname -s)
mkdir -p "$work"/{state,spool,run}
cd "$work"
cores=$(nproc)

head -c 1024 /dev/urandom >munge.key
chmod 400 munge.key
cat >slurm.conf <<EOF
ClusterName=verify
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/run/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/run/slurmctld.pid
SlurmdPidFile=$work/run/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobRequeue=1
KillWait=5
ReturnToService=2
MinJobAge=86400
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
export SLURM_CONF=$work/slurm.conf

pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
}
trap stop EXIT
munged --foreground --force --key-file="$work/munge.key" --socket="$work/run/munge.socket" --pid-file="$work/run/munged.pid" \
  --log-file="$work/munged.log" --seed-file="$work/run/munge.seed" &
pids+=($!)
sleep 1
slurmctld -D -c &
pids+=($!)
sleep 2
slurmd -D &
pids+=($!)
for _ in $(seq 30); do
  sinfo -h -o %T | grep -q idle && break
  sleep 1
done
sinfo --version
sinfo

[ -d cohort/cases ] || node "$repository/test/verify/process-cohort.mjs" cohort 40
rm -rf results
job=$(MIDASH="node $repository/dist/cli/main.js" sbatch --parsable --array=1-8 --cpus-per-task=1 --mem=0 \
  --time=60 "$repository/examples/schedulers/slurm.sh" "$work/cohort/cases" "$work/results" \
  --model "$work/cohort/model.safetensors" --allow-phantom-model --flips x,y,z --json)
echo "array job $job"

# Waits until a task has done at least one of its five cases and not all: shard N has the cases N, N+8, ... from 0.
begun() {
  local whole
  for _ in $(seq 600); do
    whole=0
    for ((n = $1 - 1; n < 40; n += 8)); do
      if [ -d "results/cases/$(printf 'p%05d' $n)" ]; then whole=$((whole + 1)); fi
    done
    [ $whole -ge 1 ] && [ $whole -lt 5 ] && return
    sleep 0.2
  done
  echo "task $1 was never in the middle of its cases" >&2
  exit 1
}
records() { (cd results/cases && sha256sum -- */record.json); }

begun 1
records >before-1.txt
scontrol requeue "${job}_1"
echo "task 1 requeued, $(wc -l <before-1.txt) cases done"
begun 3
records >before-3.txt
scancel --signal=KILL --full "${job}_3"
echo "task 3 killed, $(wc -l <before-3.txt) cases done"
for _ in $(seq 300); do
  state=$(scontrol show job "${job}_3" | grep -o 'JobState=[A-Z]*')
  case $state in JobState=FAILED | JobState=CANCELLED) break ;; esac
  sleep 0.5
done
echo "task 3: $state"
scontrol requeue "${job}_3"
for _ in $(seq 3000); do
  [ -z "$(squeue -h -j "$job" -t PENDING,RUNNING,COMPLETING)" ] && break
  sleep 0.5
done
scontrol show job "$job" | grep -E 'ArrayTaskId|JobState|Restarts' | paste - - | sed 's/  */ /g'

node "$repository/dist/cli/main.js" process cohort/cases --out results --summary --json >summary.json
node -e '
  const { done, failed, setAside, pending } = JSON.parse(require("fs").readFileSync("summary.json", "utf8"));
  console.log(JSON.stringify({ done: done.length, failed: failed.length, setAside: setAside.length, pending: pending.length }));
  if (done.length !== 40 || new Set(done).size !== 40) process.exit(1);'
(cd results/cases && sha256sum --check --quiet ../../before-1.txt ../../before-3.txt)
echo "records of before the kills: unchanged, so nothing was done twice"
left=$(find results/tmp results/claims -mindepth 1 | wc -l)
echo "left over: $left"
[ "$left" = 0 ]
rm -rf unbroken
node "$repository/dist/cli/main.js" process cohort/cases --out unbroken --model cohort/model.safetensors \
  --allow-phantom-model --flips x,y,z >unbroken.log 2>&1
diff -r -x record.json results/cases unbroken/cases
echo "outputs: byte-identical to an unbroken run"
