#!/usr/bin/env bash
# The button as a server renders it, with Debian's React: there is no window, no microphone and no socket.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
modules=/usr/share/nodejs
tsc -p clients/web --noEmit false --outDir "$scratch"
sed -i 's#"\./useVoiceRealtime"#"./useVoiceRealtime.js"#' "$scratch/VoiceRealtimeButton.js"
cp clients/web/voice-realtime.js clients/web/package.json "$scratch/"
mkdir "$scratch/node_modules"
for name in react react-dom scheduler loose-envify js-tokens; do ln -s "$modules/$name" "$scratch/node_modules/$name"; done
cat >"$scratch/server.mjs" <<'JS'
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { VoiceRealtimeButton } from "./VoiceRealtimeButton.js";
process.stdout.write(renderToString(createElement(StrictMode, null, createElement(VoiceRealtimeButton, { getToken: () => "t" }))));
JS
NODE_PATH=$modules node --preserve-symlinks "$scratch/server.mjs"
