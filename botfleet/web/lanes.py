"""Who sat where over a day: one lane an instance, as high as it has users, and what changed it.

A lane has a ground line while its instance stands; a pod's lanes share a colour. Changes are
numbered as in their table.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from xml.etree.ElementTree import Element

from botfleet.web.charts import Plot, finish, time_axis
from botfleet.web.scales import Scale, clock, count
from botfleet.web.summary import DaySummary
from botfleet.web.svg import element

_TOP, _BOTTOM, _LANE, _GAP, _RADIUS = 30.0, 30.0, 34.0, 9.0, 9.0
_LEFT = 54.0
#: How wide a stretch must be to carry its number.
_WORD_PX = 20.0
_COLOURS = 4

Stretch = tuple[datetime, datetime, int]


def lanes(day: DaySummary, width: float) -> str:
    """Draw users by instance over the session."""
    named = sorted({one.instance for point in day.seats for one in point.seats}, key=_place)
    most = max((one.users for point in day.seats for one in point.seats), default=0) or 1
    plot = Plot(
        width,
        _TOP + len(named) * (_LANE + _GAP) + _BOTTOM,
        "Users on each instance over the day",
        f"{len(day.changes)} changes; at most {most} users on one instance.",
        (0.0, float(most)),
        count,
        count,
        day.session.opens_at,
        day.session.closes_at,
    )
    parts = [*time_axis(plot)]
    for index, name in enumerate(named):
        ground = _TOP + (index + 1) * (_LANE + _GAP)
        parts += _lane(plot, name, ground, _stretches(day, name))
    parts += _guides(plot, day)
    for one in day.changes:
        if one.killed in named:
            ground = _TOP + (named.index(one.killed) + 1) * (_LANE + _GAP)
            parts.append(_cross(plot.across.at(one.at.timestamp()), ground - _LANE / 4))
    return finish(plot, parts)


def _place(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in name.split(".")[1:])


def _stretches(day: DaySummary, name: str) -> list[Stretch]:
    """Give how many users an instance had from when to when; none where it did not stand."""
    ends = [*(point.at for point in day.seats[1:]), day.session.closes_at]
    found: list[Stretch] = []
    for point, end in zip(day.seats, ends, strict=True):
        users = next((one.users for one in point.seats if one.instance == name), None)
        if users is None:
            continue
        if found and found[-1][1:] == (point.at, users):
            found[-1] = (found[-1][0], end, users)
        else:
            found.append((point.at, end, users))
    return found


def _lane(plot: Plot, name: str, ground: float, stretches: Sequence[Stretch]) -> list[Element]:
    word = element("text", name.removeprefix("pod."), x=_LEFT - 8, y=ground - 4, text_anchor="end")
    style = f"lane{(_place(name)[0] - 1) % _COLOURS}"
    return [word, *(_stretch(plot, name, ground, one, style) for one in stretches)]


def _stretch(plot: Plot, name: str, ground: float, one: Stretch, style: str) -> Element:
    begin, end, users = one
    left, right = (plot.across.at(at.timestamp()) for at in (begin, end))
    high = Scale(0, plot.values[-1], 0, _LANE).at(users)
    tip = f"{name}\n{clock(begin)} to {clock(end)} ET\t{users} users"
    lane = element("rect", x=left, y=ground - _LANE, width=right - left, height=_LANE)
    bar = element(
        "rect", x=left, y=ground - high, width=max(0.0, right - left - 1), height=high,
        class_="bar",
    )  # fmt: skip
    floor = element("path", d=f"M{left:.1f} {ground:.1f}H{right:.1f}", class_="floor")
    group = element("g", lane, bar, floor, class_=f"hit {style}", data_tip=tip)
    if users and right - left > _WORD_PX:
        middle = (left + right) / 2
        y = ground - 5 if high > _LANE / 2 else ground - high - 4
        inside = "inside" if high > _LANE / 2 else ""
        group.append(
            element("text", str(users), x=middle, y=y, text_anchor="middle", class_=inside)
        )
    return group


def _cross(x: float, y: float) -> Element:
    arms = f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
    return element("g", *(element("path", d=arms, class_=style) for style in ("halo", "killed")))


def _guides(plot: Plot, day: DaySummary) -> list[Element]:
    """Draw a numbered line through all lanes at each change."""
    made = []
    xs = [plot.across.at(one.at.timestamp()) for one in day.changes]
    crowded = any(b - a < 2 * _RADIUS for a, b in pairwise(xs))
    for number, (one, x) in enumerate(zip(day.changes, xs, strict=True), start=1):
        y = _TOP / 2 + (_RADIUS / 2 * (1 if number % 2 else -1) if crowded else 0)
        line = element("path", d=f"M{x:.1f} {y:.1f}V{plot.height - _BOTTOM:.1f}", class_="change")
        dot = element("circle", cx=x, cy=y, r=_RADIUS)
        word = element("text", str(number), x=x, y=y + 4, text_anchor="middle")
        tip = f"{number}. {clock(one.at)} ET\n{one.what}"
        made += [line, element("g", dot, word, class_="number hit", data_tip=tip)]
    return made
