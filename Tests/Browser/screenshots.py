"""Fills a small market and takes pictures of every view: screenshots.py FOLDER. Run by `scripts/browser --screenshots`."""

import base64
import sys
from pathlib import Path

from conftest import CHROMIUM, SOURCES, System
from playwright.sync_api import Browser, expect, sync_playwright
from test_market import VIEWS, Person

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 860}}


def fill(browser: Browser, system: System):
    """Lets some people list and reserve some things."""

    def come(name: str) -> Person:
        page = browser.new_context(locale="ko-KR", **PHONE).new_page()
        page.goto(system.url)
        return Person(page, name)

    seller, other = come("민지"), come("서윤")
    other.sell("캠핑 의자 2개 세트", "35,000", "2")
    other.sell("어린이 자전거 16인치", "60,000")
    seller.sell("애플워치 SE 40mm", "150,000")
    seller.sell("전자레인지", "40,000", "3")
    buyers = [come(name) for name in ("준호", "하나", "도윤")]
    for buyer in buyers:
        buyer.reserve("애플워치 SE 40mm", "망원역 2번 출구")
        buyer.go("sale")
    buyers[0].reserve("캠핑 의자 2개 세트", "합정역 8번 출구")
    other.go("selling")
    other.card("캠핑 의자 2개 세트").get_by_role("button", name="인수인계").click()
    other.submit()
    expect(buyers[0].card("캠핑 의자 2개 세트")).to_contain_text("거래완료")


def picture(person: Person, path: Path):
    expect(person.page.locator(".loading")).to_have_count(0)
    expect(person.page.locator("#toasts > p")).to_have_count(0)
    person.page.screenshot(path=path, animations="disabled")


def take(browser: Browser, system: System, folder: Path, device: str, options: dict, scheme: str):
    def come(name: str | None = None) -> Person:
        page = browser.new_context(locale="ko-KR", color_scheme=scheme, **options).new_page()
        page.goto(system.url)
        return Person(page, name)

    picture(come(), folder / f"{device}-{scheme}-welcome.png")
    for role, name in (("seller", "민지"), ("buyer", "준호"), ("waiting", "도윤")):
        person = come(name)
        for view in VIEWS if device == "phone" else VIEWS[:3]:
            person.go(view)
            picture(person, folder / f"{device}-{scheme}-{role}-{view}.png")
        if role != "waiting":
            # A person has only so many streams of notices.
            person.page.context.close()
    person.go("sale")
    person.page.locator("#refresh").click()
    person.card("전자레인지").locator(".actions button").click()
    picture(person, folder / f"{device}-{scheme}-reserve.png")
    person.page.context.close()


def side_by_side(browser: Browser, system: System, path: Path, scheme: str):
    """Takes a picture of the two sides of a deal, each on a phone."""
    phone = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.15}
    pictures = []
    for name, view in (("민지", "selling"), ("준호", "buying")):
        page = browser.new_context(locale="ko-KR", color_scheme=scheme, **phone).new_page()
        page.goto(system.url)
        person = Person(page, name)
        person.go(view)
        card = person.card("애플워치 SE 40mm")
        # The heading stays above the card.
        card.evaluate("(it) => scrollTo(0, it.getBoundingClientRect().top + scrollY - 80)")
        expect(page.locator("#toasts > p")).to_have_count(0)
        pictures.append(base64.b64encode(page.screenshot(animations="disabled")).decode())
        page.context.close()
    images = "".join(f"<img src='data:image/png;base64,{picture}'>" for picture in pictures)
    look = {"light": "#e9dfd5", "dark": "#3d352e"}[scheme]
    page = browser.new_page(viewport={"width": 900, "height": 840}, device_scale_factor=1.15)
    page.set_content(
        f"<style>body {{ margin: 0; padding: 24px; display: flex; justify-content: center; gap: 24px; background: {look} }}"
        f"img {{ width: 390px; border-radius: 24px }}</style>{images}"
    )
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.screenshot(path=path)


def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    system = System()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            fill(browser, system)
            for scheme in ("light", "dark"):
                take(browser, system, folder, "phone", PHONE, scheme)
                take(browser, system, folder, "desk", DESK, scheme)
                side_by_side(browser, system, folder / f"market-{scheme}.png", scheme)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto((SOURCES / "Pages/Design/design.html").as_uri())
            page.screenshot(path=folder / "design.png", full_page=True)
            browser.close()
    finally:
        system.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
