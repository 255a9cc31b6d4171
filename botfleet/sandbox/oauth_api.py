"""The OAuth doors of each shape: authorization code with PKCE S256 (RFC 6749, RFC 7636).

A request that names no registered client, or not exactly one of its redirect URIs, is answered
here and never redirected: the browser is sent only where the client's owner said.
"""

from base64 import b64decode
from html import escape
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from botfleet.sandbox.doors import Desks, answer, body_of, form_of, same
from botfleet.sandbox.grants import GrantError, Issued, Way, is_name, is_password
from botfleet.sandbox.orders import BadOrderError
from botfleet.sandbox.shape import Sent, Shape
from botfleet.sandbox.wire import instant_text

_ASKED = (
    *("client_id", "response_type", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox broker</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui;max-width:24rem;margin:10vh auto;padding:0 1rem}}
label,button{{display:block;width:100%;margin:.7rem 0}}small{{overflow-wrap:anywhere}}
input,button{{width:100%;box-sizing:border-box;font:inherit;padding:.5rem}}
[role=alert]{{color:#c22f3d;font-weight:600}}</style>
</head><body><h1>Sandbox broker</h1>
<p>A platform asks to trade for you: <b>{scope}</b>.<br>
<small>It is registered as {client}.</small></p>
<p role="alert">{alert}</p><form method="post">{hidden}
<label>User name <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password">
<small>Are you new, make one up, of 8 characters at least; the money is paper.</small></label>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="open">I am new: open a paper account, and allow</button>
<button name="decision" value="deny">Deny</button>
</form></body></html>"""
_NO_MATCH, _TAKEN = "That name and password do not match.", "That user name is taken."
_POOR = "A user name has 1 to 80 characters, a password 8 to 200."
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def add_oauth(app: Starlette, desks: Desks, shape: Shape) -> None:
    """Open the doors of authorization."""
    doors, login = _Doors(desks, shape), shape.login
    app.add_route(shape.root + login.authorize, doors.show, methods=["GET"])
    app.add_route(shape.root + login.authorize, doors.decide, methods=["POST"])
    for path in login.grant:
        app.add_route(shape.root + path, doors.token, methods=["POST"])


class _Doors:
    def __init__(self, desks: Desks, shape: Shape) -> None:
        self._desks, self._login = desks, shape.login
        self._ways = {
            client.client_id: Way(client, shape.name, shape.login) for client in desks.house.clients
        }

    async def show(self, request: Request) -> Response:
        asked = {name: request.query_params.get(name, "") for name in _ASKED}
        way = self._way(asked)
        error = _flaw(asked)
        return _back(asked, {"error": error}) if error else _page(way, asked)

    async def decide(self, request: Request) -> Response:
        form = await form_of(request)
        asked = {name: form.get(name, "") for name in _ASKED}
        way = self._way(asked)
        error = _flaw(asked)
        if error or form.get("decision") == "deny":
            return _back(asked, {"error": error or "access_denied"})
        account, alert = await run_in_threadpool(self._account, form)
        if account is None:
            return _page(way, asked, alert)
        given = (account, way, asked["redirect_uri"], asked["code_challenge"])
        return _back(asked, {"code": await run_in_threadpool(self._desks.grants.code, *given)})

    def _account(self, form: dict[str, str]) -> tuple[str | None, str]:
        """Give the account of who logs in, or is new; else None, and why."""
        name, password = form.get("username", ""), form.get("password", "")
        if form.get("decision") != "open":
            return self._desks.grants.log_in(name, password), _NO_MATCH
        if not (is_name(name) and is_password(password)):
            return None, _POOR
        return self._desks.grants.open_account(name, password), _TAKEN

    def _way(self, asked: dict[str, str]) -> Way:
        way = self._ways.get(asked["client_id"])
        if way is None or asked["redirect_uri"] not in way.client.redirect_uris:
            raise HTTPException(400, "The client, or where to return to, is not registered.")
        return way

    async def token(self, request: Request) -> Response:
        form = await self._form(request)
        way = self._authenticated(request, form)
        if way is None:
            refused = answer({"error": "invalid_client"}, 401)
            refused.headers["WWW-Authenticate"] = "Basic"
            return refused
        try:
            issued = await run_in_threadpool(self._grant, way, form)
        except GrantError as error:
            return answer({"error": str(error)}, 400)
        is_lost = form.get("grant_type") == "refresh_token" and self._desks.mischief.does(
            "rotation_lost", ""
        )
        return Response("Internal Server Error", 500) if is_lost else _issued(issued)

    async def _form(self, request: Request) -> dict[str, str]:
        if not self._login.reads_json:
            return await form_of(request)
        try:
            given = Sent(await body_of(request), {}).json()
        except BadOrderError:
            return {}
        return {name: value for name, value in given.items() if isinstance(value, str)}

    def _grant(self, way: Way, form: dict[str, str]) -> Issued:
        match form.get("grant_type"):
            case "authorization_code":
                given = (form.get(n, "") for n in ("code", "redirect_uri", "code_verifier"))
                return self._desks.grants.exchange(way, *given)
            case "refresh_token":
                return self._desks.grants.refresh(way, form.get("refresh_token", ""))
            case _:
                raise GrantError("unsupported_grant_type")

    def _authenticated(self, request: Request, form: dict[str, str]) -> Way | None:
        """See who the client is: by HTTP basic, or by what its body says, as the shape has it."""
        if self._login.is_basic:
            name, secret = _basic(request)
        else:
            name, secret = form.get("client_id", ""), form.get("client_secret", "")
        way = self._ways.get(name)
        return way if way and same(secret, way.client.client_secret) else None


def _basic(request: Request) -> tuple[str, str]:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (name, secret) if kind.lower() == "basic" else ("", "")


def _flaw(asked: dict[str, str]) -> str:
    if asked["response_type"] != "code":
        return "unsupported_response_type"
    if asked["code_challenge_method"] != "S256" or not asked["code_challenge"]:
        return "invalid_request"
    return ""


def _back(asked: dict[str, str], given: dict[str, str]) -> Response:
    query = urlencode({**given, "state": asked["state"]})
    mark = "&" if "?" in asked["redirect_uri"] else "?"
    return RedirectResponse(f"{asked['redirect_uri']}{mark}{query}", 302, headers=_SAFE)


def _page(way: Way, asked: dict[str, str], alert: str = "") -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    words = {"client": escape(way.client.client_id), "scope": " ".join(way.login.scopes)}
    page = _PAGE.format(**words, hidden=hidden, alert=escape(alert))
    return HTMLResponse(page, 401 if alert else 200, headers=_SAFE)


def _issued(issued: Issued) -> Response:
    body: dict[str, object] = {
        "access_token": issued.access,
        "token_type": "Bearer",
        "scope": issued.scope,
        "issued_at": instant_text(issued.issued_at),
        "status": "approved",
    }
    if issued.expires_in is not None:
        body["expires_in"] = issued.expires_in
    if issued.refresh is not None:
        body["refresh_token"] = issued.refresh
    given = answer(body)
    given.headers["Cache-Control"] = "no-store"
    return given
