"""An HTTP server that answers every request with what a test put there, raw bytes if it must."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Canned:
    """What is answered next: the last of `bodies` for ever. `heard` lists the request lines."""

    url: str
    brand: str = "tradier"
    bodies: list[bytes] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    #: Bytes sent one by one until this is set: a slow drip.
    drips_until: Event | None = None


@contextmanager
def canned(*bodies: bytes) -> Iterator[Canned]:
    """Serve canned answers on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            shelf.heard.append(f"{self.command} {self.path}")
            body = shelf.bodies.pop(0) if len(shelf.bodies) > 1 else shelf.bodies[0]
            self.send_response(shelf.status)
            for name, value in {"Content-Length": str(len(body)), **shelf.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if shelf.drips_until is None:
                self.wfile.write(body)
                return
            for number in range(len(body)):
                self.wfile.write(body[number : number + 1])
                if shelf.drips_until.wait(0.1):
                    return

        def log_message(self, *_: object) -> None: ...

    for method in ("GET", "POST", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shelf = Canned(f"http://127.0.0.1:{server.server_address[1]}", bodies=list(bodies))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
