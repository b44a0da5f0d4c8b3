"""A small server on this machine for the download tests. Nothing here leaves 127.0.0.1."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mcsan_lite.datasets.meld import download

CONTENT = bytes(range(251)) * 700


class Server:
    """What the server holds and how it behaves; `asked` lists (path, Range) of every request."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files = {"/a.bin": CONTENT}
        self.asked = []
        self.ranges = True
        self.cut_at = {}
        self.fails = []
        self.etag = '"one"'


class Handler(BaseHTTPRequestHandler):
    server_plan: Server

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        plan = self.server_plan
        asked = self.headers["Range"]
        plan.asked.append((self.path, asked))
        if plan.fails:
            self.send_error(plan.fails.pop(0))
            return
        content = plan.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and plan.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", plan.etag)
        self.end_headers()
        end = plan.cut_at.pop(self.path, len(content))
        self.wfile.write(content[start:end])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "_WAIT_S", 0.0)
    monkeypatch.setattr(download, "_TIMEOUT_S", 5.0)
    handler = type("Planned", (Handler,), {})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.server_plan = Server(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler.server_plan
    http.shutdown()
    thread.join()
    http.server_close()
