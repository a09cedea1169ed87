#!/bin/bash
# The server of examples/ under 10,000 slow connections (slow-clients.ts beside this says what is shown). Needs `npm run build`, and a hard limit of 12,000 open files.
#
#   test/verify/slow-clients.sh [--connections 10000] [--seconds 30]
set -euo pipefail
cd "$(dirname "$0")/../.."
ulimit -n "$(ulimit -Hn)"
exec npx jiti test/verify/slow-clients.ts "$@"
