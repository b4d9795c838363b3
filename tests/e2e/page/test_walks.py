"""What people do on the page, in a real browser, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, expect

from config.language import Language
from tests.e2e.page.person import PHONE, WAIT_MS, Person, somebody
from tests.e2e.page.screens import ACTS, walk_to_read
from tests.e2e.page.shop import (
    BRAKED,
    LANGUAGES,
    LOST,
    NO_TEMPLATE,
    OF_WALK,
    ON_PHONE,
    PASSWORD,
    PLAIN,
    REASON,
    REJECTED,
    TO_PUBLISH,
    Shop,
)
from tests.support.chromium import IN_BROWSER
from web.page import addresses

pytestmark = IN_BROWSER

#: What somebody does at most from the alarm on the phone to the wave that goes on, the login included.
MOST_TAPS = 8


def log_in(person: Person, name: str) -> None:
    """Through the form that stands in the way."""
    person.fill(person.say("Your name"), name)
    person.fill(person.say("Password"), PASSWORD)
    person.press(person.say("Log in"))


def find(person: Person, text: str) -> None:
    """By the field at the top of each screen."""
    field = person.page.get_by_role("searchbox")
    field.fill(text)
    field.press("Enter")


def resume_cause(person: Person, errcode: int, number: int) -> None:
    """All releases of the wave on the screen that stand still for this, and with them those that the brake holds."""
    cause = person.page.locator("article").filter(has_text=str(errcode))
    # By the remedy of this one a new request is better: the button says so.
    person.follow(person.say("Resume all of these anyway…"), within=cause)
    person.fill(person.say("Why"), "the template is there again")
    person.press(person.say("Resume %(n)s release", "Resume %(n)s releases", n=number))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_merchants_release_is_found_read_and_resumed_with_all_of_its_cause(
    browser: Browser, shop: Shop, language: Language
) -> None:
    wave = OF_WALK[language]
    release, name = shop.release(wave), f"ann-{language}"
    with somebody(browser, shop, language=language) as person:
        person.open("/")
        assert "/login" in person.page.url
        log_in(person, name)
        expect(person.page.locator("html")).to_have_attribute("lang", {"en": "en", "zh": "zh-CN"}[language])

        find(person, release["appid"])
        person.reads(release["label"], release["appid"], str(NO_TEMPLATE), person.say("What has to be done"))
        expect(person.page.locator("main .remedy").first).not_to_be_empty()
        person.open(addresses.to("/releases", wave=wave, label=release["label"]))
        person.follow(release["label"])
        person.reads(str(NO_TEMPLATE))

        person.follow(wave)
        person.reads(person.say("braked"), str(NO_TEMPLATE))
        resume_cause(person, NO_TEMPLATE, 5)
        expect(person.page.get_by_role("status").first).to_be_visible()
        shop.wait_for(wave, {"submitted": 6, "blocked": 1})
        # Not loaded anew: the events tell.
        expect(person.page.locator("main")).not_to_contain_text(str(NO_TEMPLATE), timeout=WAIT_MS)

        person.follow(person.say("Who did what to it"))
        row = person.page.get_by_role("row").filter(has_text=f"user:{name}")
        person.reads("the template is there again", within=row)
        person.open(addresses.release(release["id"]))
        history = person.page.get_by_role("region", name=person.say("History"))
        person.reads(f"user:{name}", "the template is there again", within=history)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_canary_is_published_braked_and_taken_back(
    browser: Browser, shop: Shop, language: Language
) -> None:
    wave = TO_PUBLISH[language]
    with somebody(browser, shop, may="publish", language=language) as person:
        person.open(addresses.wave(wave))
        person.follow(person.say("Put live…"))
        person.fill(person.say("How many go first"), "2")
        person.fill(person.say("Why"), "new year")
        going = person.say("Put %(n)s release live", "Put %(n)s releases live", n=6)
        person.press(going)
        assert shop.statuses(wave) == {"approved": 6}, "the name was not typed"
        person.fill(person.say("The name of the wave, to be sure"), wave)
        person.press(going)

        # Not loaded anew: the events tell.
        person.reads(person.say("To the shop"), person.say("braked"), LOST)
        assert shop.statuses(wave)["live"] == 1
        person.follow(person.say("Take back…"))
        person.fill(person.say("Why"), "a domain is lost")
        person.fill(person.say("The name of the wave, to be sure"), wave)
        person.press(person.say("Take %(n)s release back", "Take %(n)s releases back", n=2))
        person.reads(person.say("reverted"))
        shop.wait_for(wave, {"reverted": 2, "waiting": 4})

        person.open("/log")
        for text in ("new year", "a domain is lost"):
            row = person.page.get_by_role("row").filter(has_text=wave).filter(has_text=text)
            person.reads("user:petra", within=row)
        person.open(addresses.release(shop.release(wave)["id"]))
        history = person.page.get_by_role("region", name=person.say("History"))
        person.reads("user:petra", "new year", "a domain is lost", within=history)


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_an_audit_was_rejected_is_read_as_wechat_wrote_it(
    browser: Browser, shop: Shop, language: Language
) -> None:
    with somebody(browser, shop, may="read", language=language) as person:
        person.open(addresses.wave(REJECTED))
        person.follow(person.say("All its releases"))
        person.follow(shop.release(REJECTED)["label"])
        person.reads(person.say("rejected"))
        expect(person.page.get_by_role("region", name=person.say("WeChat's reason"))).to_have_text(REASON)


def test_who_may_only_look_has_no_button_and_is_told_who_may(browser: Browser, shop: Shop) -> None:
    with somebody(browser, shop, may="read") as person:
        for name in walk_to_read(person, shop):
            forms = person.page.locator("main form[method=post]")
            assert forms.count() == 0 or name == "login", name
            assert person.page.locator("main a[href^='/act/']:not([href^='/act/plan'])").count() == 0, name
        said = person.say(
            "You may look. To stop and resume takes the role “operate”, to put live and take back “publish”."
        )
        for address in (addresses.wave(REJECTED), addresses.release(shop.release(REJECTED)["id"])):
            person.open(address)
            person.reads(said)
        person.open("/platform")
        person.reads(person.say("You may look. To pause and to let go on takes the role “operate”."))
        for asked in ACTS.values():
            person.open(asked(shop), 403)
            expect(person.page.locator("main form")).to_have_count(0)


def test_a_new_release_shows_itself_on_the_wave_without_a_reload(browser: Browser, shop: Shop) -> None:
    wave = "small-one"
    shop.add(wave, 1)
    with somebody(browser, shop, may="read") as person:
        person.open(addresses.wave(wave))
        person.page.evaluate("window.notLoadedAnew = true")
        total = person.page.locator("dl.facts dd").first
        expect(total).to_have_text("1")
        shop.add(wave, 1)
        expect(total).to_have_text("2", timeout=WAIT_MS)
        assert person.page.evaluate("window.notLoadedAnew")


def test_without_javascript_the_screens_and_an_act_work(browser: Browser, shop: Shop) -> None:
    with somebody(browser, shop, may="operate", java_script_enabled=False) as person:
        for _ in walk_to_read(person, shop):
            expect(person.page.locator("h1")).to_be_visible()
        person.open(addresses.wave(PLAIN))
        resume_cause(person, NO_TEMPLATE, 5)
        person.reads("It goes on, with")
        shop.wait_for(PLAIN, {"submitted": 6, "blocked": 1})


def test_all_is_reached_by_keyboard(browser: Browser, shop: Shop) -> None:
    with somebody(browser, shop, may="operate") as person:
        person.open(addresses.wave(BRAKED))
        person.page.keyboard.press("Tab")
        skip = person.page.get_by_role("link", name="To the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        person.page.keyboard.press("Enter")
        # What has to be done is the first that is reached, it is seen that it is, and it leads to the button.
        person.page.keyboard.press("Tab")
        for name in ("“Resume…”", "Resume…"):
            link = person.page.get_by_role("link", name=name, exact=True)
            expect(link).to_be_focused()
            assert link.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
            person.page.keyboard.press("Enter")
            if name == "“Resume…”":
                expect(person.page).to_have_url(re.compile("#acts$"))
                person.page.keyboard.press("Tab")
        expect(person.page).to_have_url(re.compile("/act/resume"))
        person.open(addresses.to("/act/look", wave=REJECTED))
        person.page.get_by_role("button", name=re.compile("^Read .* audits")).press("Enter")
        expect(person.page).to_have_url(re.compile("/wave"))
        person.reads("audits will be read soon")


def test_from_an_alarm_on_the_phone_to_a_wave_that_goes_on(browser: Browser, shop: Shop) -> None:
    with somebody(browser, shop, viewport=PHONE, is_mobile=True, has_touch=True) as person:
        # What a notice links.
        person.open(addresses.wave(ON_PHONE))
        person.taps += 1
        log_in(person, "nora")
        person.taps += 2  # into both fields of the login
        person.reads(ON_PHONE, person.say("braked"), str(NO_TEMPLATE))
        person.follow("Resume…")
        assert person.fits()
        person.press("Resume 6 releases")
        person.reads("It goes on, with")
        shop.wait_for(ON_PHONE, {"submitted": 7})
        person.reads(person.say("submitted, %(n)s audit open", "submitted, %(n)s audits open", n=7))
        assert person.fits()
        assert person.taps <= MOST_TAPS
