"""The desk: the page at which a trader watches and works bots, and the door to it.

The page is plain modules which speak to the same API as every client; nothing is built, nothing is
loaded from elsewhere. Browsers of the Chromium kind are supported; others are told so, and may sign
in all the same (R44). Signing in needs no script.
"""

from importlib.resources import files
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Cookie, Request, Response
from fastapi.responses import RedirectResponse

from botfleet.api import session
from botfleet.api.bodies import Body
from botfleet.api.callers import Wired
from botfleet.api.pages import page
from botfleet.api.problems import Problem
from botfleet.errors import NotFound

router = APIRouter(include_in_schema=False)

_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_PAGES = files("botfleet.web").joinpath("desk")
_COLOURS = files("botfleet.web").joinpath("templates", "colours.css")
_SIGN_IN_AGAIN = "That is nobody's token."

Session = Annotated[str, Cookie(alias=session.COOKIE)]


@router.get("/")
def show_desk(request: Request, wiring: Wired, cookie: Session = "") -> Response:
    """Show the desk to who has signed in, the door to everyone else."""
    if session.user_in(wiring, cookie) is None:
        return RedirectResponse("/signin", 303)
    return page(request, "desk.html")


@router.get("/signin")
def show_door(request: Request) -> Response:
    """Show the door."""
    return page(request, "signin.html", refusal="")


@router.post("/signin")
def sign_in(request: Request, body: Body, wiring: Wired) -> Response:
    """Sign a browser in with a user's token, sent by our own form."""
    _expect_own(request)
    token = parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()
    user = wiring.roster.user_of(token) if token else None
    if user is None:
        return page(request, "signin.html", 403, refusal=_SIGN_IN_AGAIN)
    response = RedirectResponse("/", 303)
    session.begin(wiring, response, user, token)
    return response


@router.post("/signout")
def sign_out(request: Request, wiring: Wired, cookie: Session = "") -> Response:
    """Sign a browser out; who has a copy of its cookie is signed out too."""
    _expect_own(request)
    response = RedirectResponse("/signin", 303)
    session.end(wiring, response, cookie)
    return response


@router.get("/desk/{name}")
def give_part(name: str) -> Response:
    """Give a module or a style sheet of the page."""
    stem, _, kind = name.partition(".")
    part = _COLOURS if name == "colours.css" else _PAGES.joinpath(name)
    if not stem.isidentifier() or kind not in _KINDS or not part.is_file():
        raise NotFound
    caching = {"Cache-Control": "no-cache"}
    return Response(part.read_text(encoding="utf-8"), media_type=_KINDS[kind], headers=caching)


def _expect_own(request: Request) -> None:
    """Refuse a form that another site's page sent."""
    site = request.headers.get("sec-fetch-site")
    if site is None:  # plain HTTP, elsewhere than on this machine: browsers name the origin only
        origin = request.headers.get("origin")
        own = origin is None or origin.partition("://")[2] == request.headers.get("host")
        site = "same-origin" if own else "cross-site"
    if site not in {"same-origin", "none"}:
        raise Problem(403, "foreign_form", "Sign in and out on our own page.")
