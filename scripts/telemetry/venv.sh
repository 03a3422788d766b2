# Sets `python`, with what the telemetry tests need. Sourced, from the root of the repository.
venv=.build/telemetry-venv
python=$venv/bin/python
[ -x $python ] || python3 -m venv $venv
$python -c 'import aiohttp, google.protobuf, opentelemetry.proto, prometheus_client, sentry_relay, websockets' 2>/dev/null ||
  $venv/bin/pip install -q aiohttp opentelemetry-proto prometheus_client sentry-relay websockets
