#!/usr/bin/env bash
# The browser client without a browser: types, unit tests, and the hook rendered on a server. The other clients: their syntax.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tsc -p clients/web
echo "ok    types of module, hook, button and example"
node --test clients/web/test/

# Rendered on a server there is no window, no microphone and no socket.
modules=/usr/share/nodejs
tsc -p clients/web --noEmit false --outDir "$scratch"
sed -i 's#"\./useVoiceRealtime"#"./useVoiceRealtime.js"#' "$scratch/VoiceRealtimeButton.js"
cp clients/web/voice-realtime.js clients/web/package.json "$scratch/"
mkdir "$scratch/node_modules"
for name in react react-dom scheduler loose-envify js-tokens; do ln -s "$modules/$name" "$scratch/node_modules/$name"; done
cat >"$scratch/server.mjs" <<'JS'
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { VoiceRealtimeButton, frenchLabels } from "./VoiceRealtimeButton.js";
const html = renderToString(createElement(StrictMode, null, createElement(VoiceRealtimeButton, { getToken: () => "t", labels: frenchLabels })));
if (!html.includes(">Parler</button>")) throw new Error(html);
JS
NODE_PATH=$modules node --preserve-symlinks "$scratch/server.mjs"
echo "ok    the hook is rendered on a server"

python3 - clients/python/*.py clients/snippets/*.py <<'PY'
import ast, sys
for path in sys.argv[1:]:
    with open(path) as file:
        ast.parse(file.read(), path)
PY
for file in clients/snippets/*.mjs; do node --check "$file"; done
echo "ok    syntax of the other clients"
