#!/usr/bin/env bash
# The React examples for a browser, without a bundler. usage: compile-react.sh FOLDER REACT REACT_DOM
# REACT and REACT_DOM are builds that set window.React and window.ReactDOM, of version 18 or 19.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1
mkdir -p "$out"
tsc -p clients/web --noEmit false --outDir "$out"
cp clients/web/voice-realtime.js clients/web/examples/plain.html "$out/"
sed -i 's#"\.\./voice-realtime\.js"#"./voice-realtime.js"#' "$out/plain.html"
cp "$2" "$out/react.development.js"
cp "$3" "$out/react-dom.development.js"
cat >"$out/react.js" <<'JS'
export default React;
export const { StrictMode, createElement, useState, useRef, useEffect, useCallback, useSyncExternalStore, version } = React;
export const Fragment = React.Fragment;
export const jsx = (type, { children, ...rest }, key) => React.createElement(type, key === undefined ? rest : { ...rest, key }, ...[children].flat());
export const jsxs = jsx;
export const { createRoot, hydrateRoot } = ReactDOM;
JS
cat >"$out/hydrate.js" <<'JS'
import { createElement, StrictMode, version } from "react";
import { hydrateRoot } from "react-dom/client";
import { VoiceRealtimeButton } from "./VoiceRealtimeButton.js";
const button = createElement(VoiceRealtimeButton, { getToken: () => new URLSearchParams(location.search).get("token") });
hydrateRoot(document.getElementById("root"), createElement(StrictMode, null, button), { onRecoverableError: error => console.error(String(error)) });
window.hydrated = version;
JS
page() { # what the root holds, the module
  cat <<HTML
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Voice Realtime in React</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; } button, input { font: inherit; padding: .4rem .8rem; }</style>
<div id="root">$1</div>
<script src="react.development.js"></script>
<script src="react-dom.development.js"></script>
<script type="importmap">{ "imports": { "react": "./react.js", "react/jsx-runtime": "./react.js", "react-dom/client": "./react.js" } }</script>
<script type="module" src="$2"></script>
HTML
}
page "" examples/App.js >"$out/index.html"
page "$(acceptance/browser/render-on-server.sh)" hydrate.js >"$out/hydrate.html"
