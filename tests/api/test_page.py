"""The desk in a real browser: what a trader sees and does, with no word of complaint from it."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api.door import Door
from tests.application.bots import bot, button, spread
from tests.application.watched import minutes, opened, worth
from tests.patience import PATIENCE_S

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
#: As root, which CI may be, Chromium starts without a sandbox of its own only.
ARGUMENTS = ["--no-sandbox"] if os.geteuid() == 0 else []
#: As its own calls count time.
PATIENCE_MS = 1000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)
#: Words that pass by themselves stay: who looks late sees them too.
STAYING = """
const later = window.setTimeout;
window.setTimeout = (act, ms) => later(act, ms < 5000 ? ms : 1e9);
"""
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, door: Door) -> Iterator[Page]:
    """Give ann's browser, signed in; whatever it complains of fails the test."""
    context = chromium.new_context(base_url=str(door.client.base_url))
    context.add_init_script(STAYING)
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.goto("/")
    page.get_by_label("Your token").fill(door.tokens["ann"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Bots", exact=True)).to_be_visible()
    yield page
    context.close()
    # A refusal that is shown (4xx) is told on the console too.
    assert [one for one in complaints if not _is_idle(one)] == []


def _is_idle(said: str) -> bool:
    return not said.startswith("error: ") or "status of 4" in said or "net::ERR_FAILED" in said


def test_a_bot_is_seen_and_switched(page: Page, door: Door) -> None:
    switch = page.get_by_role("switch", name="Test on")
    expect(switch).to_be_checked()
    page.get_by_text("on", exact=True).click()
    expect(page.get_by_text("off", exact=True)).to_be_visible()
    expect(switch).not_to_be_checked()
    assert not door.operator.journal.bot(None, "Test").is_on


def test_a_bots_card_says_what_its_figures_are(page: Page) -> None:
    card = page.get_by_role("article").filter(has_text="Test")
    expect(card).to_contain_text("$0.00")
    expect(card).to_contain_text("realised")


def test_a_button_runs_what_is_behind_it_once(page: Page, door: Door) -> None:
    page.get_by_role("link", name="Test").click()
    page.get_by_role("button", name="go").click()
    expect(page.get_by_text("It has not run yet")).to_be_visible()
    assert door.house.one("SELECT count(*) FROM work") == (1,)


def test_a_bot_is_written_by_the_form_and_stored_as_drawn(page: Page, door: Door) -> None:
    page.get_by_role("link", name="New bot").click()
    name = page.locator('[data-at="/name"]')
    name.fill("")
    expect(page.get_by_role("alert")).to_contain_text("/name")
    expect(name).to_have_attribute("aria-invalid", "")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    name.fill("Written here")
    page.locator('[data-at="/limits/allocation"]').fill("7000")
    page.locator('[data-at="/automations/0/tree/if/relation"]').select_option(label="at least")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.get_by_role("tab", name="File").click()
    expect(page.get_by_label("Bot file")).to_have_value(re.compile("name: Written here"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Written here")).to_be_visible()
    stored = door("GET", "/v1/bots/Written here/file", headers={"Accept": "application/json"})
    assert stored.json()["limits"]["allocation"] == 7000
    assert stored.json()["automations"][0]["tree"]["if"]["relation"] == "at_least"
    assert not door.operator.journal.bot(None, "Written here").is_on


def test_another_shape_is_chosen_and_begins_empty(page: Page) -> None:
    page.goto("/#/edit")
    tree = page.locator('[data-at="/automations/0/tree/no"]')
    tree.select_option(label="close")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    kinds = page.locator('[data-at="/automations/0/tree/if"]')
    kinds.select_option(label="bot can open a position")
    expect(page.locator('[data-at="/automations/0/tree/if/symbol"]')).to_have_count(0)


def test_what_is_written_stays_until_it_is_saved(page: Page) -> None:
    """Halting all bots, or looking at another page, costs nobody what they were writing."""
    page.goto("/#/edit")
    page.get_by_label("allocation").fill("7000")
    page.get_by_label("What your bots may do").select_option("halted")
    page.get_by_role("button", name="Halt", exact=True).click()
    expect(page.get_by_label("What your bots may do")).to_have_value("halted")
    expect(page.get_by_label("allocation")).to_have_value("7000")
    page.goto("/#/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.goto("/#/edit")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.get_by_label("allocation")).to_have_value("7000")
    page.get_by_role("button", name="Begin anew").click()
    page.get_by_role("button", name="Let go").click()
    expect(page.get_by_label("allocation")).to_have_value("5000")


def test_another_name_is_the_same_bot(page: Page, door: Door) -> None:
    """A bot that is edited under a new name is not left trading beside a copy."""
    known = door.operator.journal.bot(None, "Test")
    page.goto(f"/#/edit/{known.bot_id}")
    page.get_by_label("name", exact=True).first.fill("Renamed")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Renamed")).to_be_visible()
    (bot,) = door("GET", "/v1/bots").json()["items"]
    assert (bot["bot_id"], bot["name"]) == (str(known.bot_id), "Renamed")


def test_a_bot_of_that_name_is_replaced_after_a_yes_only(page: Page, door: Door) -> None:
    before = door.operator.journal.bot(None, "Test").version
    page.goto("/#/edit")
    page.get_by_label("name", exact=True).first.fill("Test")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Not now").click()
    assert door.operator.journal.bot(None, "Test").version == before
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Replace").click()
    expect(page.get_by_role("heading", name="Test")).to_be_visible()
    assert door.operator.journal.bot(None, "Test").version != before


def test_who_reads_by_ear_or_keys_knows_where_they_are(page: Page, door: Door) -> None:
    """Every control has a name, every page a title, and news does not take the focus away."""
    page.goto("/#/edit")
    for name in ("allocation", "daily positions", "percent", "structure"):
        expect(page.get_by_label(name, exact=True).first).to_be_visible()
    named = "(one) => one.labels?.length || one.ariaLabel"
    controls = page.locator("main input, main select")
    assert controls.evaluate_all(f"(all) => all.filter((one) => !({named})(one)).length") == 0
    page.goto("/#/positions")
    expect(page).to_have_title("Positions · botfleet")
    page.goto("/#/bots")
    page.get_by_role("link", name="Test").focus()
    door.house.add(bot(button("go", spread()), name="Newer"))
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    expect(page.get_by_role("link", name="Test")).to_be_focused()


def test_of_many_words_at_once_few_are_seen_and_errors_first(page: Page) -> None:
    page.evaluate(
        "import('/desk/dom.js').then(({ toast }) => {"
        " toast('It failed.', 'bad');"
        " for (let each = 0; each < 9; each++) toast(`Opened ${each}`); })"
    )
    expect(page.locator(".toast")).to_have_text(["It failed.", "Opened 7", "Opened 8"])


def test_a_desk_that_hears_nothing_says_how_old_it_is(page: Page) -> None:
    expect(page.locator("#stale")).to_be_hidden()
    page.route("**/v1/me", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("The fleet does not answer.")
    expect(page.get_by_role("alert")).to_contain_text("as of")
    page.unroute("**/v1/me")
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.get_by_role("heading", name="Bots", exact=True)).to_be_visible()


def test_all_bots_are_halted_after_a_yes_only(page: Page, door: Door) -> None:
    choice = page.get_by_label("What your bots may do")
    choice.select_option("halted")
    page.get_by_role("button", name="Not now").click()
    expect(choice).to_have_value("active")
    assert door("GET", "/v1/switches").json()["items"] == []
    choice.select_option("halted")
    page.get_by_role("button", name="Halt", exact=True).click()
    expect(choice).to_have_value("halted")
    (held,) = door("GET", "/v1/switches").json()["items"]
    assert (held["scope"], held["mode"]) == ("user", "halted")


def test_what_is_named_like_markup_is_text(page: Page, door: Door) -> None:
    door.house.add(bot(button("go", spread()), name=MARKUP))
    page.reload()
    expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
    page.get_by_role("link", name=MARKUP).click()
    expect(page.get_by_role("heading", name=MARKUP)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for place in ("bots", "positions", "orders", "runs", "notices", "accounts", "edit"):
        page.goto(f"/#/{place}")
        if place != "edit":
            expect(page.locator("nav a[aria-current]")).to_have_attribute("href", f"#/{place}")
        else:
            expect(page.get_by_role("heading", name="New bot")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_account_on_paper_is_called_so(page: Page) -> None:
    page.get_by_role("link", name="Accounts").click()
    expect(page.get_by_role("cell", name="Tradier (paper)")).to_be_visible()
    expect(page.get_by_label("Broker").locator("option").first).to_have_text("Tradier (paper)")
    page.get_by_role("link", name="Bots").click()
    page.get_by_role("link", name="Test").click()
    expect(page.get_by_text("Trades in Tradier (paper)")).to_be_visible()


def test_a_position_shows_what_it_has_gained_in_dollars(page: Page, door: Door) -> None:
    """Sold at 0.50 and worth 0.40; where there is no price there is no gain."""
    opened(door.house, name="Held")
    worth(door.house, "0.90")
    door.house.run(minutes(1))
    page.get_by_role("link", name="Positions").click()
    held = page.get_by_role("row").filter(has_text="Held")
    expect(held).to_contain_text("+$10.00")
    expect(held).to_contain_text("20%")
    door.house.market.is_blind = True
    door.house.run(minutes(2))
    page.reload()
    expect(held).to_be_visible()
    expect(held).not_to_contain_text("$10.00")
    expect(held).not_to_contain_text("20%")


def test_signing_out_ends_it(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your token")).to_be_visible()
    page.goto("/")
    expect(page.get_by_label("Your token")).to_be_visible()


def test_nobody_sees_what_is_anothers(chromium: Browser, door: Door) -> None:
    context = chromium.new_context(base_url=str(door.client.base_url))
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Your token").fill(door.tokens["eve"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("You have no bot yet")).to_be_visible()
    bot_id = door.operator.journal.bot(None, "Test").bot_id
    page.goto(f"/#/bots/{bot_id}")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing")
    context.close()


def test_without_scripts_one_may_still_sign_in(chromium: Browser, door: Door) -> None:
    context = chromium.new_context(
        base_url=str(door.client.base_url), java_script_enabled=False, user_agent="Gecko/20100101"
    )
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#unsupported")).to_be_visible()
    page.get_by_label("Your token").fill(door.tokens["ann"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    context.close()
