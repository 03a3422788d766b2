"""What every acceptance run shares: processes, one WebSocket client, one gateway, one simulator, one Redis, checks. Standard library alone."""

from .checks import check, finish, limit, ok
from .environment import ROOT, needs, server_binary
from .gateway import SECRET, Demo, Gateway, Simulator, mint, run
from .http import answers, get, request
from .processes import Process, free_port, until
from .redis import Redis
from .websocket import QUIET, Close, WebSocket, converse, frame, tone

__all__ = [
    "QUIET", "ROOT", "SECRET", "Close", "Demo", "Gateway", "Process", "Redis", "Simulator", "WebSocket", "answers", "check", "converse", "finish", "frame", "free_port", "get",
    "limit", "mint", "needs", "ok", "request", "run", "server_binary", "tone", "until",
]  # fmt: skip
