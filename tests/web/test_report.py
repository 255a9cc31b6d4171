"""The page: complete, self-contained, and safe whatever users call their bots."""

from base64 import b64encode
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from re import DOTALL, findall, search

import pytest

from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.web.report import legs_text, net_price, render, write_report
from botfleet.web.summary import DaySummary
from tests.web.parsing import parse
from tests.web.sample import CLOSES, HOSTILE, INVARIANTS, broken, empty, sample

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Elements with their attributes and the text of a page; fails on tags that do not pair."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render(sample())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_hostile_names_stay_text(page: Page) -> None:
    """A bot may be called anything: its name is shown as it is and never becomes markup."""
    assert HOSTILE in page.text
    tags = Counter(tag for tag, _ in page.elements)
    assert tags["script"] == 1
    named = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in named if name.startswith("on")]


def test_hostile_words_stay_text_everywhere_a_user_or_broker_can_write() -> None:
    full = sample()
    assert full.featured is not None
    assert full.founding is not None
    attack = "</svg></script><img src=x onerror=alert(1)>{{ 7*7 }}"
    ends = tuple(replace(end, result=attack, item=attack) for end in full.featured.ends)
    featured = replace(full.featured, bot=attack, automation=attack, ends=ends, user=attack)
    day = replace(
        full,
        market=attack,
        orders=tuple(replace(order, symbol=attack, reason=attack) for order in full.orders),
        featured=replace(featured, explanation=(attack,)),
        founding=replace(full.founding, draws=(replace(full.founding.draws[0], symbol=attack),)),
        invariants=tuple(replace(one, detail=attack) for one in full.invariants),
        incidents=tuple(replace(one, what=attack) for one in full.incidents),
    )
    page = Page(render(day, lambda _: attack))
    assert "img" not in {tag for tag, _ in page.elements}
    assert "49" not in Page(render(replace(empty(), market=attack))).text


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    assert not findall(r"https?:|url\(|@import|//[a-z]+\.", html)
    for _, attributes in page.elements:
        assert not {"src", "srcset", "data", "action"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_the_policy_admits_exactly_our_style_and_script(html: str, page: Page) -> None:
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    for kind in ("style", "script"):
        found = search(f"<{kind}>(.*)</{kind}>", html, DOTALL)
        assert found is not None
        digest = b64encode(sha256(found[1].encode()).digest()).decode()
        assert policy is not None
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert (policy or "").startswith("default-src 'none';")
    assert not [a for _, a in page.elements if "style" in a], "the policy would ignore these"


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = Counter(a["id"] for _, a in page.elements if "id" in a)
    links = {(a["href"] or "")[1:] for tag, a in page.elements if tag == "a"}
    assert max(ids.values()) == 1
    assert links <= set(ids)


def test_every_drawing_is_well_formed_and_named(html: str) -> None:
    drawings = findall(r"<svg.*?</svg>", html, DOTALL)
    assert len(drawings) > 10
    for drawing in map(parse, drawings):
        assert drawing.get("aria-label") or drawing.get("aria-hidden") == "true"


def test_the_page_tells_the_day(page: Page) -> None:
    day = sample()
    for words in (
        "Thursday, 24 December 2015",
        "09:30 to 13:00 Eastern early close",
        "recorded GOOG, others simulated with seed 7",
        "All 10 invariants held",
        "$12,844",
        "412 ms",
        "92% needed no action",
        "each asking for 45% of one pool of $10,000",
        "scanner “Sell spreads where they pay” at 09:45",
    ):
        assert words in page.text
    assert all(finding.sentence in page.text for finding in INVARIANTS)
    assert sum("data-state" in a for _, a in page.elements) == len(day.orders)


def test_a_broken_invariant_is_the_first_thing_said() -> None:
    page = Page(render(broken()))
    assert "1 of 10 invariants broken" in page.text
    assert "bot 17 held $10,120.00 of $10,000.00" in page.text
    assert "invariants held" not in page.text


@pytest.mark.parametrize(
    "day",
    [
        empty(),
        replace(sample(), founding=None, featured=None, incidents=(), bots=()),
        replace(sample(), capital=sample().capital[:1], marks=sample().marks[:1]),
        replace(sample(), session=replace(sample().session, closes_at=CLOSES.replace(hour=21))),
    ],
    ids=["nothing happened", "no extras", "one instant", "a full day"],
)
def test_a_page_is_made_of_any_day(day: DaySummary) -> None:
    assert Page(render(day)).text


def test_writing_makes_one_file(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_report(sample(), target)
    assert target.read_text(encoding="utf-8") == render(sample())
    assert list(tmp_path.iterdir()) == [target]


def test_legs_are_worded_bought_and_sold_with_their_expirations() -> None:
    day = sample().session.day
    low, high = (Option("GOOG", day, Right.CALL, Decimal(k)) for k in ("747.5", "750"))
    legs = (Leg(low, 1), Leg(high, -2))
    assert legs_text(legs) == "+1 747.5 call, \N{MINUS SIGN}2 750 call · 24 Dec 2015"
    assert legs_text((Leg(None, 1),)) == "+1 share"


def test_prices_say_who_pays() -> None:
    assert net_price(Decimal("-0.85")) == "0.85 credit"
    assert net_price(Decimal("1.2")) == "1.20 debit"
    assert net_price(None) == ""
