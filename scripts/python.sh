#!/usr/bin/env bash
# Make the virtual environment from the hashed lock.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-$(command -v python3.11 || command -v python3)}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; $python is $("$python" --version)." >&2; exit 1; }
if ! command -v uv >/dev/null; then
  "$python" -c 'import ensurepip' 2>/dev/null || bash scripts/system.sh venv
  [ -x .stamps/uv/bin/uv ] || { "$python" -m venv .stamps/uv && .stamps/uv/bin/pip install -q --disable-pip-version-check 'uv>=0.9,<1'; }
  PATH="$PWD/.stamps/uv/bin:$PATH"
fi
[ -x .venv/bin/python ] || uv venv -q --python "$python" .venv
uv pip sync -q --python .venv/bin/python --require-hashes requirements.lock
