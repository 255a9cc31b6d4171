"""YAML or JSON text to plain data, refusing everything that is not plain.

Plain data are mappings with text keys, lists, text, integers, Decimals, true, false and null. YAML
is read from its event stream: no tags, no anchors, no aliases, nothing nested past `NESTING_MAX`,
and scalars as YAML 1.2's core has them, so `yes`, `no`, `on` and `10:30` are text. Duplicate keys
are faults; NaN and infinities are not numbers.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from botfleet.errors import BadInput, Fault

SIZE_MAX = 1 << 20
NESTING_MAX = 200
#: Every value but a first one follows a comma or begins a line: so many hold all there can be, and
#: a file of a mebibyte that means something has far fewer.
VALUES_MAX = 150_000
_DIGITS_MAX = 40
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_text(text: str | bytes) -> tuple[object, list[Fault]]:
    """Read plain data and the faults of the text itself, each with its path.

    Raises:
        BadInput: it is too large, not UTF-8, or neither YAML nor JSON.
    """
    if isinstance(text, bytes):
        text = _decode(text)
    if len(text) > SIZE_MAX:
        raise BadInput(f"must be at most {SIZE_MAX:,} bytes")
    if text.count(",") + text.count("\n") + text.count("\r") > VALUES_MAX:
        raise BadInput(f"must have at most {VALUES_MAX:,} lines and commas")
    if text.lstrip().startswith("{"):
        try:
            return _parse_json(text)
        except json.JSONDecodeError:
            pass  # a YAML mapping in flow style begins the same way
    return _parse_yaml(text)


def _decode(raw: bytes) -> str:
    if len(raw) > SIZE_MAX:
        raise BadInput(f"must be at most {SIZE_MAX:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("must be UTF-8 text") from error


def _parse_json(text: str) -> tuple[object, list[Fault]]:
    faults: list[Fault] = []

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in items:
            if key in found:
                faults.append(Fault(key, "is given twice"))
            found.setdefault(key, value)
        return found

    try:
        data: object = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_int=_number,
            parse_float=_number,
            parse_constant=str,
        )
    except RecursionError as error:
        raise BadInput("is nested too deeply") from error
    return data, faults


def _number(text: str) -> object:
    """Read a number's text; an absurdly long one stays text, which no number field accepts."""
    if len(text) > _DIGITS_MAX:
        return text
    return int(text) if _WHOLE.fullmatch(text) else Decimal(text)


def _scalar(event: yaml.ScalarEvent) -> object:
    if event.style:
        return event.value
    if event.value in _WORDS:
        return _WORDS[event.value]
    return _number(event.value) if _NUMBER.fullmatch(event.value) else event.value


@dataclass(slots=True)
class _Holder:
    """A mapping or list being filled; `key` is the mapping's key that waits for its value."""

    path: str
    into: dict[str, object] | list[object]
    key: str | None = None

    def place(self) -> str:
        """Name the place of the value to come."""
        if isinstance(self.into, list):
            return f"{self.path}[{len(self.into)}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


@dataclass(slots=True)
class _Builder:
    """Builds plain data from YAML events without recursion."""

    faults: list[Fault] = field(default_factory=list)
    holders: list[_Holder] = field(default_factory=list)
    root: object = None

    def take(self, event: Any) -> None:
        """Take the next event."""
        if isinstance(event, yaml.AliasEvent):
            self._refuse("aliases are not allowed")
            self._put(None)
        elif isinstance(event, yaml.ScalarEvent):
            self._check(event)
            self._put(_scalar(event))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._check(event)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.holders.pop()

    def _check(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse("anchors are not allowed")
        if event.tag is not None:
            self._refuse("tags are not allowed")

    def _refuse(self, message: str) -> None:
        place = self.holders[-1].place() if self.holders else ""
        self.faults.append(Fault(place, message))

    def _open(self, into: dict[str, object] | list[object]) -> None:
        if len(self.holders) >= NESTING_MAX:
            raise BadInput("is nested too deeply")
        if (
            self.holders
            and self.holders[-1].key is None
            and isinstance(self.holders[-1].into, dict)
        ):
            raise BadInput([Fault(self.holders[-1].path, "a key must be text")])
        place = self.holders[-1].place() if self.holders else ""
        self._put(into)
        self.holders.append(_Holder(place, into))

    def _put(self, value: object) -> None:
        if not self.holders:
            self.root = value
            return
        holder = self.holders[-1]
        if isinstance(holder.into, list):
            holder.into.append(value)
        elif holder.key is None:
            self._name(holder, value)
        else:
            holder.into.setdefault(holder.key, value)
            holder.key = None

    def _name(self, holder: _Holder, value: object) -> None:
        holder.key = value if isinstance(value, str) else str(value).lower()
        if isinstance(holder.into, dict) and holder.key in holder.into:
            self.faults.append(Fault(holder.place(), "is given twice"))


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_Loader)


def _parse_yaml(text: str) -> tuple[object, list[Fault]]:
    builder, documents = _Builder(), 0
    try:
        for event in _events(text):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise BadInput("must be one document")
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadInput(f"{where}{error.problem or 'is not YAML'}") from error
    except yaml.YAMLError as error:
        raise BadInput("holds characters that YAML does not allow") from error
    return builder.root, builder.faults
