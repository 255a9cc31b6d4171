"""The OAuth doors: `/v1/oauth`, authorization code with PKCE S256 (RFC 6749, RFC 7636).

A request that names no registered client, or not exactly one of its redirect URIs, is answered
here and never redirected: the browser is sent only where the client's owner said.
"""

from base64 import b64decode
from html import escape
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from botfleet.sandbox.doors import Desks, answer, form_of, same
from botfleet.sandbox.grants import Client, GrantError, Issued
from botfleet.sandbox.wire import instant_text

_ASKED = (
    *("client_id", "response_type", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox broker</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px system-ui;max-width:22rem;margin:15vh auto;padding:0 1rem}}
label,button{{display:block;width:100%;margin:.6rem 0}}input{{width:100%;font:inherit}}</style>
</head><body><h1>Sandbox broker</h1><p><b>{client}</b> asks to trade for you ({scope}).</p>
<p role="alert">{alert}</p><form method="post" action="authorize">{hidden}
<label>User name <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form></body></html>"""
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def add_oauth(app: FastAPI, desks: Desks) -> None:
    """Open the doors of authorization."""
    doors = _Doors(desks)
    app.add_route("/v1/oauth/authorize", doors.show, methods=["GET"])
    app.add_route("/v1/oauth/authorize", doors.decide, methods=["POST"])
    app.add_route("/v1/oauth/accesstoken", doors.token, methods=["POST"])
    app.add_route("/v1/oauth/refreshtoken", doors.token, methods=["POST"])


class _Doors:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._clients = {client.client_id: client for client in desks.house.clients}

    async def show(self, request: Request) -> Response:
        asked = {name: request.query_params.get(name, "") for name in _ASKED}
        client = self._client(asked)
        error = _flaw(asked)
        return _back(asked, {"error": error}) if error else _page(client, asked)

    async def decide(self, request: Request) -> Response:
        form = await form_of(request)
        asked = {name: form.get(name, "") for name in _ASKED}
        client = self._client(asked)
        error = _flaw(asked)
        if error or form.get("decision") == "deny":
            return _back(asked, {"error": error or "access_denied"})
        grants = self._desks.grants
        who = form.get("username", ""), form.get("password", "")
        account = await run_in_threadpool(grants.log_in, *who)
        if account is None:
            return _page(client, asked, "That name and password do not match.")
        given = (account, client, asked["redirect_uri"], asked["code_challenge"])
        return _back(asked, {"code": await run_in_threadpool(grants.code, *given)})

    def _client(self, asked: dict[str, str]) -> Client:
        client = self._clients.get(asked["client_id"])
        if client is None or asked["redirect_uri"] not in client.redirect_uris:
            raise HTTPException(400, "The client, or where to return to, is not registered.")
        return client

    async def token(self, request: Request) -> Response:
        form = await form_of(request)
        client = self._authenticated(request)
        if client is None:
            refused = answer({"error": "invalid_client"}, 401)
            refused.headers["WWW-Authenticate"] = "Basic"
            return refused
        try:
            return _issued(await run_in_threadpool(self._grant, client, form))
        except GrantError as error:
            return answer({"error": str(error)}, 400)

    def _grant(self, client: Client, form: dict[str, str]) -> Issued:
        match form.get("grant_type"):
            case "authorization_code":
                given = (form.get(n, "") for n in ("code", "redirect_uri", "code_verifier"))
                return self._desks.grants.exchange(client, *given)
            case "refresh_token":
                return self._desks.grants.refresh(client, form.get("refresh_token", ""))
            case _:
                raise GrantError("unsupported_grant_type")

    def _authenticated(self, request: Request) -> Client | None:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            return None
        client = self._clients.get(name)
        is_right = kind.lower() == "basic" and client and same(secret, client.client_secret)
        return client if is_right else None


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


def _page(client: Client, asked: dict[str, str], alert: str = "") -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    words = {"client": escape(client.client_id), "scope": " ".join(client.scopes)}
    page = _PAGE.format(**words, hidden=hidden, alert=escape(alert))
    return HTMLResponse(page, 401 if alert else 200, headers=_SAFE)


def _issued(issued: Issued) -> Response:
    body = {
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "issued_at": instant_text(issued.issued_at),
        "scope": issued.scope,
        "status": "approved",
        "refresh_token": issued.refresh,
    }
    given = answer(body)
    given.headers["Cache-Control"] = "no-store"
    return given
