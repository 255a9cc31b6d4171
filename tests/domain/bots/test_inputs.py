"""What stands at a link: the bot's value, else the automation's, else the link's own default."""

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.bots.inputs import Broken, Input, resolve

values = st.none() | st.integers(1, 9)


@given(values, values, values, st.booleans(), st.booleans(), st.booleans())
def test_a_link_is_resolved_in_the_documented_order(
    active: int | None,
    above: int | None,
    default: int | None,
    is_there: bool,  # noqa: FBT001
    is_linked: bool,  # noqa: FBT001
    has_bot: bool,  # noqa: FBT001
) -> None:
    own = Input("a", "count", 100, active, "b" if is_linked else "")
    bot = Input("b", "count", 200, above)
    found = resolve(
        "a",
        automation=[own] if is_there else [],
        bot=[bot] if has_bot else [],
        default=default,
    )
    if not is_there:
        assert found == (Broken("a") if default is None else default)
    elif is_linked and has_bot:
        assert found == (200 if above is None else above)
    else:
        assert found == (100 if active is None else active)
