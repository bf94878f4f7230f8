"""Takes pictures of the operator's page of a system at work: operator_screenshots.py FOLDER."""

import random
import sys
import threading
from pathlib import Path

from conftest import CHROMIUM, Server, System
from playwright.sync_api import Browser, expect, sync_playwright
from test_operator import SECTIONS, put_wrong_commands

USERS = ["김민지", "이준호", "박서연", "최지우", "정도윤"]
GOODS = ["애플워치", "자전거", "캠핑 의자", "책장", "기타"]
# How long the system works before the pictures are taken, in milliseconds.
WORK = 75_000


def work(system: System, end: threading.Event):
    """Lets people trade, sometimes more and sometimes less."""
    dice, product = random.Random(7), 100
    while not end.wait(dice.random() * 0.5):
        for _ in range(dice.randint(1, 6)):
            product += 1
            goods = {"productid": product, "productname": dice.choice(GOODS), "qty": 1}
            seller, buyer = dice.sample(USERS, 2)
            system.call("POST", "/trades", {**goods, "id": product, "userid": seller, "price": 50000})
            system.call("POST", "/inventories", {**goods, "id": product})
            deal = {**goods, "userid": buyer, "price": 50000, "reserveDt": "2026-12-24", "address": "서울 마포구 양화로 1"}
            system.call("POST", "/reserves", deal)
            if dice.random() < 0.6:
                system.call("POST", f"/trades/{product}/handover", {})


def take(browser: Browser, system: System, folder: Path):
    web = Server(system.folder / "web.log", "handover", "web", "--allow-actions", "--redis-url", f"unix://{system.redis}")
    system.others.append(web)
    put_wrong_commands(system, 8)
    end = threading.Event()
    worker = threading.Thread(target=work, args=(system, end))
    worker.start()
    try:
        pages = {}
        for scheme in ("light", "dark"):
            page = browser.new_context(locale="ko-KR", color_scheme=scheme, viewport={"width": 1280, "height": 860}, reduced_motion="reduce").new_page()
            page.add_init_script("localStorage.setItem('handover.operator.pace', '1')")
            page.goto(f"{web.url}/")
            pages[scheme] = page
        pages["light"].wait_for_timeout(WORK)
        for scheme, page in pages.items():
            for section in SECTIONS:
                page.goto(f"{web.url}/#{section}" + ("?product=105" if section == "deals" else ""))
                if section == "tail":
                    page.get_by_role("button", name="보기 시작").click()
                    page.wait_for_timeout(2000)
                if section == "audit":
                    page.get_by_label("쉬는 때를 기다리기").select_option("0")
                    page.get_by_role("button", name="감사 시작").click()
                    expect(page.locator("#audit-body .message")).to_be_visible(timeout=60_000)
                expect(page.locator(".loading")).to_have_count(0)
                page.screenshot(path=folder / f"operator-{scheme}-{section}.png")
            page.goto(f"{web.url}/#letters")
            page.locator("#letters-body tbody button.link").nth(1).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            page.screenshot(path=folder / f"operator-{scheme}-letter.png")
    finally:
        end.set()
        worker.join()


def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    system = System()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            take(browser, system, folder)
            browser.close()
    finally:
        system.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
