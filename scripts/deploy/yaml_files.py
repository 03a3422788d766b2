"""The YAML files that have no checker of their own on Debian: their shape, and that what they name exists."""

import pathlib
import re
import sys

import yaml

compose = yaml.safe_load(pathlib.Path("compose.yaml").read_text())
services = compose["services"]
for name, service in services.items():
    assert ("image" in service) or ("build" in service), name
    for other in service.get("depends_on", []):
        assert other in services, f"{name} depends on {other}"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert not source.startswith("./") or pathlib.Path(source).exists(), f"{name} mounts {source}"
    for config in service.get("configs", []):
        assert config["source"] in compose["configs"], config
app = yaml.safe_load(pathlib.Path("deploy/app-platform/app.yaml").read_text())
known = set(re.findall(r'Setting\(\s*"([A-Z_0-9]+)"', "".join(p.read_text() for p in pathlib.Path("Sources/VoiceServer/Settings").glob("*.swift"))))
databases = {database["name"] for database in app["databases"]}
for service in app["services"]:
    assert service["termination"]["grace_period_seconds"] > 20 + 3, "the grace period must be above the drain"
    assert service["health_check"]["http_path"] == "/readyz"
    for variable in service["envs"]:
        assert variable["key"] in known, f"{variable['key']} is not a setting"
        bound = re.match(r"\$\{(\w+)\.", variable["value"])
        assert not bound or bound.group(1) in databases, variable
        secret = re.search(r"KEY$|SECRET|TOKEN|DSN|REDIS_URL", variable["key"])
        assert not secret or variable.get("type") == "SECRET", f"{variable['key']} is not encrypted"
sys.exit(0)
