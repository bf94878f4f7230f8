"""The operator's page in a real Chromium: it shows the system, and mends what it can."""

import subprocess

import pytest
from conftest import Server, eventually
from playwright.sync_api import Page, expect
from test_market import findings

DESK = {"width": 1280, "height": 900}
SECTIONS = ["overview", "letters", "deals", "tail", "audit", "log"]


def redis(system, *words: str) -> str:
    return subprocess.run(
        ["redis-cli", "-s", str(system.redis), *words], check=True, capture_output=True, text=True, timeout=30
    ).stdout.strip()


def put_wrong_commands(system, count: int = 3):
    """Writes listings whose number is a word, and a handover of nothing."""
    for number in range(1, count + 1):
        goods = ["productid", str(number), "productname", "자전거", "price", "1000"]
        redis(system, "XADD", "trade.commands", "*", "type", "ListTrade", "id", str(number), "userid", "이준호", "qty", "하나", *goods)
    redis(system, "XADD", "trade.commands", "*", "type", "Handover", "id", "77")
    eventually(
        lambda: redis(system, "XLEN", "{trade.commands}:deadletters") == str(count + 1), "they are dead letters"
    )


@pytest.fixture
def operate(system, browse):
    """Starts `handover web` and opens its page. Its processes end with the system."""

    def start(*options: str, section: str = "overview", allowed: tuple[str, ...] = (), **how) -> Page:
        log = system.folder / f"web-{len(system.others)}.log"
        web = Server(log, "handover", "web", "--redis-url", f"unix://{system.redis}", *options)
        system.others.append(web)
        return browse(f"{web.url}/#{section}", allowed=allowed, **{"viewport": DESK, **how})

    return start


def choose(page: Page, count: int):
    page.get_by_label("보이는 것을 모두 고르기").check()
    expect(page.locator("#letter-actions")).to_contain_text(f"{count}건 선택")


def test_all_is_well_and_what_happens_is_seen(operate, system):
    page = operate()
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")
    expect(page.get_by_role("row").filter(has_text="9 / 9").first).to_contain_text("정상")
    page.goto(page.url.split("#")[0] + "#tail")
    page.get_by_role("button", name="보기 시작").click()
    expect(page.locator("#tail-body")).to_contain_text("기다리고 있습니다")
    # The tail begins once it is live, which nothing on the page tells.
    for product in range(1, 4):
        goods = {"id": product, "productid": product, "productname": "책", "qty": 1}
        system.call("POST", "/trades", {**goods, "userid": "이준호", "price": 1000})
        page.wait_for_timeout(500)
    expect(page.locator("#tail-body")).to_contain_text("TradeListed")
    expect(page.locator("#tail-body")).not_to_contain_text("이준호")
    page.locator("#tail-body td a").first.click()
    expect(page.locator("#deals-body")).to_contain_text("ListTrade")


def test_a_dead_letter_is_tried_corrected_and_sent_again_and_the_system_recovers(operate, system):
    put_wrong_commands(system)
    page = operate("--allow-actions", section="letters")
    expect(page.locator("#summary")).to_contain_text("데드 레터 4건")
    choose(page, 4)
    page.get_by_role("button", name="다시 보내기…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4건 중 0건이 통과합니다")
    expect(dialog).to_contain_text("qty must be")
    dialog.get_by_role("button", name="취소").click()

    # One by one: what is wrong, whom it is about once somebody asks, and the correction.
    for left in (3, 2, 1):
        page.locator("#letters-body tbody tr").filter(has_text="qty").first.locator("button.link").click()
        expect(dialog).to_contain_text("notANumber")
        expect(dialog).not_to_contain_text("이준호")
        dialog.get_by_role("button", name="개인정보 보기").click()
        expect(dialog.get_by_label("userid")).to_have_value("이준호")
        dialog.get_by_label("qty").fill("1")
        dialog.get_by_role("button", name="다시 보내기…").click()
        expect(dialog).to_contain_text("1건 중 1건이 통과합니다")
        dialog.get_by_role("button", name="1건 다시 보내기").click()
        expect(dialog).to_be_hidden()
        expect(page.locator("#letters-body tbody tr")).to_have_count(left)
    for product in (1, 2, 3):
        eventually(lambda: system.call("GET", f"/trades/{product}")["status"] == "판매중", "it is on sale")

    choose(page, 1)
    page.get_by_role("button", name="삭제…").click()
    expect(dialog).to_contain_text("데드 레터 1건을 삭제합니다")
    dialog.get_by_role("button", name="1건 삭제").click()
    expect(page.locator("#letters-body")).to_contain_text("데드 레터가 없습니다")
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")
    page.goto(page.url.split("#")[0] + "#log")
    expect(page.locator("#log-body")).to_contain_text("qty: 하나 → 1")
    expect(page.locator("#log-body")).to_contain_text("1 dropped")
    expect(page.locator("#log-body")).not_to_contain_text("이준호")


def test_what_was_dropped_meanwhile_is_not_counted_in(operate, system):
    put_wrong_commands(system)
    # A browser says of every call that fails that it did.
    page = operate("--allow-actions", section="letters", allowed=("409",))
    choose(page, 4)
    page.get_by_role("button", name="삭제…").click()
    entry = redis(system, "XRANGE", "{trade.commands}:deadletters", "-", "+", "COUNT", "1").splitlines()[0]
    redis(system, "XDEL", "{trade.commands}:deadletters", entry)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="4건 삭제").click()
    expect(dialog).to_contain_text("수가 바뀌었습니다")
    assert redis(system, "XLEN", "{trade.commands}:deadletters") == "3"


def test_a_lane_that_stands_still_is_shown_with_its_remedy_and_recovers(operate, system):
    page = operate("--allow-actions")
    # A text where the list of a shard's reservations belongs.
    redis(system, "SET", "{0}:reserves", "in the way")
    for product in range(1, 40):
        deal = {"productid": product, "userid": "김민지", "productname": "책", "qty": 1, "price": 1}
        try:
            system.call("POST", "/reserves", {**deal, "reserveDt": "2026-12-24", "address": "서울"})
        except OSError:
            pass  # The lane of its shard stands still.
        if page.locator(".halt").count():
            break
    expect(page.locator(".halt")).to_contain_text("WRONGTYPE")
    expect(page.locator(".halt")).to_contain_text("할 일")
    expect(page.locator("#summary")).to_contain_text("멈춘 레인 1개")
    redis(system, "DEL", "{0}:reserves")
    expect(page.locator(".halt")).to_have_count(0)
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")


def test_read_only_offers_no_action(operate, system):
    put_wrong_commands(system)
    page = operate(section="letters")
    choose(page, 4)
    expect(page.get_by_role("button", name="시험 실행")).to_be_visible()
    expect(page.get_by_role("button", name="삭제…")).to_have_count(0)
    expect(page.get_by_role("button", name="다시 보내기…")).to_have_count(0)
    expect(page.locator("#letters-body")).to_contain_text("읽기 전용")


def test_the_audit_runs_and_says_that_everything_agrees(operate, system):
    system.call("POST", "/trades", {"id": 1, "productid": 1, "productname": "책", "qty": 1, "userid": "이준호", "price": 1})
    page = operate(section="audit")
    page.get_by_role("button", name="감사 시작").click()
    expect(page.locator("#audit-body")).to_contain_text("모두 맞습니다")


def test_while_the_server_is_away_the_page_says_so_and_comes_back(operate, system):
    page = operate(allowed=("ERR_CONNECTION_REFUSED", "Failed to load resource"))
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")
    web = system.others[-1]
    web.stop()
    expect(page.locator("#summary")).to_contain_text("handover web에 연결할 수 없습니다")
    web.start()
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")


def test_a_paused_page_reads_nothing(operate, system):
    page = operate()
    expect(page.locator("#summary")).to_contain_text("모두 정상입니다")
    page.get_by_label("새로 고침 간격").select_option("0")
    expect(page.locator("#summary")).to_contain_text("새로 고침 멈춤")
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url))
    page.wait_for_timeout(3000)
    assert not [url for url in calls if "status.json" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_window(operate, system, scheme, width):
    put_wrong_commands(system)
    system.call("POST", "/trades", {"id": 9, "productid": 9, "productname": "책", "qty": 1, "userid": "이준호", "price": 1})
    look = {"color_scheme": scheme, "reduced_motion": "reduce", "viewport": {"width": width, "height": 800}}
    page = operate("--allow-actions", bypass_csp=True, **look)
    found = []

    def check(where: str):
        expect(page.locator(".loading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        found.extend(f"{where}: {finding}" for finding in findings(page))

    for section in SECTIONS:
        page.goto(page.url.split("#")[0] + f"#{section}" + ("?product=9" if section == "deals" else ""))
        check(section)
    page.goto(page.url.split("#")[0] + "#letters")
    page.locator("#letters-body tbody button.link").first.click()
    check("a letter")
    page.get_by_role("dialog").get_by_role("button", name="시험 실행").click()
    expect(page.get_by_role("dialog")).to_contain_text("통과합니다")
    check("a dry run")
    assert not found, "\n".join(found)
