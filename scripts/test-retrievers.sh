#!/usr/bin/env bash
# Retrieval against a stand-in for Weaviate that validates every query by Weaviate's schema and fails in every way: takes 4 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.build/retrievers-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -c 'import graphql, websockets' 2>/dev/null || $venv/bin/pip install -q 'graphql-core>=3.2' 'websockets>=14'
exec timeout 600 $venv/bin/python scripts/retrievers/run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}"
