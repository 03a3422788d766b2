#!/usr/bin/env bash
# The browser client without a browser: types, unit tests, and the hook rendered on a server. The other clients: their syntax.
set -euo pipefail
cd "$(dirname "$0")/.."

tsc -p clients/web
echo "ok    types of module, hook, button and example"
node --test clients/web/test/

html=$(acceptance/browser/render-on-server.sh)
[[ $html == *">Talk</button>"* ]] || { echo "rendered on a server: $html" >&2; exit 1; }
echo "ok    the hook is rendered on a server"

python3 - clients/python/*.py clients/snippets/*.py <<'PY'
import ast, sys
for path in sys.argv[1:]:
    with open(path) as file:
        ast.parse(file.read(), path)
PY
for file in clients/snippets/*.mjs; do node --check "$file"; done
echo "ok    syntax of the other clients"
