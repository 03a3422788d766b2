"""Headless Chromium and Firefox, and the wire between them and a server."""
