"""Pages for browsers: what they may load, and a word to those that are not supported (R44)."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

#: What a page may do: load our own modules and styles, speak to us, and nothing else.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TEMPLATES = Environment(
    loader=PackageLoader("botfleet.web", "desk"), autoescape=True, undefined=StrictUndefined
)


def page(request: Request, name: str, status: int = 200, **given: str) -> HTMLResponse:
    """Answer with a page, filled with what is `given`."""
    browser = request.headers.get("user-agent", "")
    is_supported = "Chrome/" in browser or "Chromium/" in browser
    html = _TEMPLATES.get_template(name).render(is_supported=is_supported, **given)
    return HTMLResponse(html, status, headers={"Content-Security-Policy": _POLICY})


def wants_page(request: Request) -> bool:
    """Say whether who asks is a browser that shows pages."""
    return "text/html" in request.headers.get("accept", "")
