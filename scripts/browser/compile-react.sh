#!/usr/bin/env bash
# The React example for a browser, with Debian's React and TypeScript and no bundler. usage: compile-react.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1 modules=/usr/share/nodejs
mkdir -p "$out"
tsc -p clients/web --noEmit false --outDir "$out"
cp clients/web/voice-realtime.js "$out/"
cp $modules/react/umd/react.development.js $modules/react-dom/umd/react-dom.development.js "$out/"
cat >"$out/react.js" <<'JS'
export default React;
export const { StrictMode, useState, useRef, useEffect, useCallback, useSyncExternalStore } = React;
export const Fragment = React.Fragment;
export const jsx = (type, { children, ...rest }, key) => React.createElement(type, key === undefined ? rest : { ...rest, key }, ...[children].flat());
export const jsxs = jsx;
export const { createRoot } = ReactDOM;
JS
cat >"$out/index.html" <<'HTML'
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Voice Realtime in React</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; } button, input { font: inherit; padding: .4rem .8rem; }</style>
<div id="root"></div>
<script src="react.development.js"></script>
<script src="react-dom.development.js"></script>
<script type="importmap">{ "imports": { "react": "./react.js", "react/jsx-runtime": "./react.js", "react-dom/client": "./react.js" } }</script>
<script type="module" src="examples/App.js"></script>
HTML
