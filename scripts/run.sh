#!/usr/bin/env bash
# Serve the demo factory; the database is instance/octad.db.
set -euo pipefail
cd "$(dirname "$0")/.."
export OCTAD_DEMO=1 PYTHONUNBUFFERED=1
flask=".venv/bin/flask --app app.wsgi"
mkdir -p instance
$flask db upgrade
$flask demo --if-empty
$flask runner & runner=$!
trap 'kill $runner 2>/dev/null || true' EXIT
echo "Octad: http://localhost:${PORT:-8000}"
.venv/bin/gunicorn --bind "127.0.0.1:${PORT:-8000}" --workers 1 --threads 8 \
  --no-control-socket --log-level warning app.wsgi:app
