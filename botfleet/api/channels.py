"""Channels: where you are told outside, by e-mail, webhook or chat. Addresses never come back."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import Field

from botfleet.api.bodies import JSON, Body, Strict, expect_none, fit, kind_of, parse_json
from botfleet.api.callers import KEY_HEADER, Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.application.ports.channels import ChannelLine
from botfleet.application.subscribe import NAME_CHARACTERS_MAX
from botfleet.domain.bots.mishaps import Level

router = doors("/v1/channels", "channels")
Name = Annotated[str, Path(max_length=NAME_CHARACTERS_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Wish(Strict):
    """A channel's address, as Apprise writes it, and of what it is told."""

    url: str = Field(max_length=1_000, json_schema_extra={"writeOnly": True})
    levels: list[Annotated[Level, Field(strict=False)]] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ChannelShown:
    """A channel; of its address only the scheme is shown. What was sent is of the days kept."""

    name: str
    scheme: str
    levels: tuple[str, ...]
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class ChannelList:
    """A user's channels, by name."""

    items: list[ChannelShown]


@dataclass(frozen=True, slots=True)
class Tested:
    """The channel took a word."""

    taken: bool = True


@router.get("")
def list_channels(caller: Caller, wiring: Wired) -> ChannelList:
    """List your channels, what they are told of, and how it went."""
    return ChannelList([_shown(one) for one in wiring.channels.lines(caller.user_id)])


@router.put("/{name}", openapi_extra=takes(Wish))
def keep_channel(
    name: Name, request: Request, body: Body, change: Changing, wiring: Wired
) -> ChannelShown:
    """Keep a channel, new or in place of the one of its name; it is told what comes from now on."""
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    return _shown(wiring.subscribe.subscribe(change.user.user_id, name, wish.url, wish.levels))


@router.delete("/{name}", status_code=204, openapi_extra=KEY_HEADER)
def drop_channel(name: Name, body: Body, change: Changing, wiring: Wired) -> Response:
    """Forget a channel and its address."""
    expect_none(body)
    wiring.channels.remove(change.user.user_id, name)
    return Response(status_code=204)


@router.post("/{name}/tests", openapi_extra=KEY_HEADER)
def test_channel(name: Name, body: Body, change: Changing, wiring: Wired) -> Tested:
    """Send a word to a channel now; refused where it was not taken."""
    expect_none(body)
    wiring.subscribe.test(change.user.user_id, name)
    return Tested()


def _shown(one: ChannelLine) -> ChannelShown:
    return ChannelShown(**{name: getattr(one, name) for name in ChannelShown.__slots__})
