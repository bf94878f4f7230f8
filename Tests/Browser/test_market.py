"""People at the market page, each in a browser of their own."""

import base64
import json
import re
import subprocess
import time
import urllib.parse

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import SOURCES
from playwright.sync_api import Locator, Page, expect

VIEWS = ["sale", "selling", "buying", "notices"]
# What a browser can load of the market page, in bytes.
HEAVIEST = 100_000
HOSTILE = "<img src=x onerror=\"alert('문')\"> & \"'`</article><script>alert(1)</script>" + "가" * 60


class Person:
    """Somebody at a page, who does what people do."""

    def __init__(self, page: Page, name: str | None = None):
        self.page = page
        if name:
            self.become(name)

    def become(self, name: str):
        self.page.locator("#who").click()
        self.dialog.locator("[name=userid]").fill(name)
        self.submit()
        expect(self.page.locator("#who")).to_contain_text(name)
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "open")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def view(self) -> Locator:
        return self.page.locator("#view")

    def submit(self):
        """Sends the form, and waits until it is done."""
        self.dialog.locator("button[type=submit]").click()
        expect(self.dialog).to_have_count(0)

    def go(self, view: str):
        self.page.locator(f"nav a[href='#{view}']").click()
        expect(self.page.locator("body")).to_have_attribute("data-view", view)

    def card(self, name: str) -> Locator:
        return self.view.locator("article").filter(has=self.page.get_by_role("heading", name=name, exact=True))

    def fill_sale(self, name: str, price: str = "50,000", qty: str = "1", confirm: str = "none"):
        self.page.locator("#sell").click()
        self.dialog.locator("[name=productname]").fill(name)
        self.dialog.locator("[name=price]").fill(price)
        self.dialog.locator("[name=qty]").fill(qty)
        self.dialog.locator("[name=confirm]").select_option(confirm)

    def sell(self, name: str, price: str = "50,000", qty: str = "1", confirm: str = "none"):
        self.fill_sale(name, price, qty, confirm)
        self.submit()
        expect(self.card(name)).to_be_visible()

    def fill_reservation(self, name: str, place: str = "망원역 2번 출구"):
        self.page.locator("#refresh").click()
        self.card(name).locator(".actions button").click()
        self.dialog.locator("[name=address]").fill(place)

    def reserve(self, name: str, place: str = "망원역 2번 출구"):
        """Reserves a thing at the market, and goes to the reservations."""
        self.fill_reservation(name, place)
        self.submit()
        self.go("buying")
        expect(self.card(name)).to_be_visible()


@pytest.fixture
def join(system, browse):
    """Lets somebody come to the market under a name."""

    def come(name: str | None = None, *, url: str | None = None, **options) -> Person:
        return Person(browse(url or system.url, **options), name)

    return come


def test_two_people_walk_a_whole_deal_and_each_sees_what_the_other_does(join):
    seller, buyer = join("민지"), join("준호")
    expect(buyer.view).to_contain_text("아직 올라온 물건이 없어요")
    seller.sell("자전거", "120,000")
    seller.go("selling")
    expect(seller.card("자전거")).to_contain_text("120,000원")
    expect(seller.card("자전거")).to_contain_text("판매중")

    buyer.reserve("자전거", "망원역 2번 출구")
    expect(buyer.card("자전거")).to_contain_text("거래진행중")
    # From here on nobody reloads anything.
    expect(seller.card("자전거")).to_contain_text("준호 님")
    expect(seller.card("자전거")).to_contain_text("망원역 2번 출구")
    expect(seller.page.locator("#unread")).not_to_be_empty()

    seller.card("자전거").get_by_role("button", name="인수인계").click()
    expect(seller.dialog).to_contain_text("되돌릴 수 없어요")
    seller.submit()
    expect(seller.card("자전거").locator(".sold .badge")).to_have_text("거래완료")
    expect(buyer.card("자전거").locator(".badge").first).to_have_text("거래완료")
    expect(buyer.card("자전거").locator(".timeline li > span")).to_have_text(["예약완료", "거래진행중", "거래완료"])
    expect(buyer.card("자전거").get_by_role("button")).to_have_count(0)
    buyer.go("notices")
    expect(buyer.page.locator("#notices .notice").filter(has_text="거래가 완료되었습니다")).to_be_visible()


def test_who_waits_sees_the_place_in_the_line_and_moves_up(join):
    seller = join("민지")
    seller.sell("자전거")
    people = [join(name) for name in ("하나", "두리", "세찬")]
    for person in people:
        person.reserve("자전거")
    first, second, third = (person.card("자전거") for person in people)
    expect(first).to_contain_text("거래진행중")
    expect(second).to_contain_text("1번째 순서")
    expect(third).to_contain_text("2번째 순서")
    people[2].go("sale")
    expect(people[2].card("자전거")).to_contain_text("2번째 순서")
    people[2].go("buying")
    seller.go("selling")
    expect(seller.card("자전거").locator(".sold strong")).to_have_text(["하나 님", "두리 님", "세찬 님"])
    expect(seller.card("자전거").locator(".sold").nth(2)).to_contain_text("2번째 순서")

    first.get_by_role("button", name="예약 취소").click()
    people[0].submit()
    expect(first).to_contain_text("예약취소")
    expect(second.locator(".badge").first).to_have_text("거래진행중")
    expect(seller.card("자전거").locator(".sold").first).to_contain_text("두리 님")
    # The third is told too.
    expect(third).to_contain_text("1번째 순서")
    people[2].go("notices")
    expect(people[2].page.locator("#notices .notice").filter(has_text="다음 차례가 되었습니다")).to_be_visible()


def test_a_day_and_a_place_can_be_changed(join):
    seller, buyer = join("민지"), join("준호")
    seller.sell("자전거")
    buyer.reserve("자전거")
    buyer.card("자전거").get_by_role("button", name="약속 바꾸기").click()
    expect(buyer.dialog.locator("[name=address]")).to_have_value("망원역 2번 출구")
    buyer.dialog.locator("[name=reserveDt]").fill("2099-04-04")
    buyer.dialog.locator("[name=clock]").fill("18:30")
    buyer.dialog.locator("[name=address]").fill("합정역 3번 출구")
    buyer.submit()
    expect(buyer.card("자전거")).to_contain_text("합정역 3번 출구")
    expect(buyer.card("자전거")).to_contain_text("2099년 4월 4일")
    expect(buyer.card("자전거")).to_contain_text("6:30")
    seller.go("selling")
    expect(seller.card("자전거")).to_contain_text("합정역 3번 출구")


def test_a_seller_calls_a_deal_off_and_the_buyer_sees_why_at_once(join):
    seller, buyer, third = join("민지"), join("준호"), join("세찬")
    seller.sell("자전거")
    buyer.reserve("자전거")
    third.reserve("자전거")
    expect(third.card("자전거")).to_contain_text("1번째 순서")
    seller.go("selling")
    deals = seller.card("자전거").locator(".sold")
    expect(deals.first).to_contain_text("거래진행중")
    deals.first.get_by_role("button", name="거래 취소").click()
    expect(seller.dialog).to_contain_text("준호 님과의 ‘자전거’ 거래가 끝나고")
    # Nobody gives a reason without choosing one.
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog.locator("[name=reason]")).to_have_attribute("aria-invalid", "true")
    seller.dialog.locator("[name=reason]").select_option("noShow")
    seller.submit()
    expect(buyer.card("자전거").locator(".badge").first).to_have_text("거래취소")
    expect(buyer.card("자전거")).to_contain_text("구매자가 나타나지 않았습니다")
    expect(buyer.card("자전거").get_by_role("button")).to_have_count(0)
    expect(third.card("자전거").locator(".badge").first).to_have_text("거래진행중")
    expect(deals.filter(has_text="세찬 님")).to_contain_text("거래진행중")
    buyer.go("notices")
    expect(buyer.page.locator("#notices .notice").filter(has_text="거래를 판매자가 취소했습니다")).to_be_visible()


def test_a_code_that_only_the_buyer_sees_completes_a_deal(join):
    seller, buyer = join("민지", allowed=("422",)), join("준호")
    seller.sell("자전거", confirm="code")
    buyer.reserve("자전거")
    shown = buyer.card("자전거").locator(".code .number")
    expect(shown).to_have_text(re.compile(r"^\d \d \d \d$"))
    code = shown.inner_text().replace(" ", "")
    expect(buyer.card("자전거")).to_contain_text("예약이 만료돼요")
    seller.go("selling")
    card = seller.card("자전거")
    expect(card).to_contain_text("준호 님")
    assert seller.page.locator(".code").count() == 0
    card.get_by_role("button", name="인수인계").click()
    field = seller.dialog.locator("[name=code]")
    field.fill("0000" if code != "0000" else "0001")
    seller.dialog.locator("button[type=submit]").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(seller.dialog).to_contain_text("인계 코드가 맞지 않습니다")
    field.fill(code)
    seller.submit()
    expect(buyer.card("자전거").locator(".badge").first).to_have_text("거래완료")
    expect(buyer.page.locator(".code")).to_have_count(0)
    expect(card.locator(".sold .badge")).to_have_text("거래완료")


def test_a_buyer_confirms_the_receipt(join):
    seller, buyer = join("민지"), join("준호")
    seller.sell("자전거", confirm="buyer")
    buyer.reserve("자전거")
    seller.go("selling")
    seller.card("자전거").get_by_role("button", name="인수인계").click()
    expect(seller.dialog).to_contain_text("준호 님이 확인하면 거래가 끝나요")
    seller.submit()
    expect(seller.card("자전거").locator(".sold .badge")).to_have_text("인계완료")
    expect(seller.card("자전거")).to_contain_text("구매자의 확인을 기다려요")
    card = buyer.card("자전거")
    expect(card.locator(".badge").first).to_have_text("인계완료")
    expect(card).to_contain_text("에 저절로 완료돼요")
    expect(card).to_contain_text("망원역 2번 출구")
    card.get_by_role("button", name="받았어요").click()
    buyer.submit()
    expect(card.locator(".timeline li > span")).to_have_text(["예약완료", "거래진행중", "인계완료", "거래완료"])
    expect(seller.card("자전거").locator(".sold .badge")).to_have_text("거래완료")


def test_changes_and_the_next_turn_are_told_in_the_language_of_who_reads(join):
    seller, buyer, third = join("Ann"), join("Bob", locale="en-US"), join("Cho")
    seller.sell("Bicycle")
    for person in (buyer, third):
        person.reserve("Bicycle", "Here")
        expect(person.card("Bicycle").locator(".timeline li").nth(1)).to_be_visible()
    seller.go("selling")
    seller.card("Bicycle").get_by_role("button", name="가격·수량").click()
    seller.dialog.locator("[name=price]").fill("8000")
    seller.submit()
    buyer.go("notices")
    news = buyer.page.locator("#notices .notice")
    expect(news.filter(has_text="the seller has changed the listing")).to_be_visible()
    buyer.page.locator("#language").click()
    expect(news.filter(has_text="판매 내용이 바뀌었습니다")).to_be_visible()
    buyer.page.locator("#language").click()
    expect(news.filter(has_text="the seller has changed the listing")).to_be_visible()
    expect(news.filter(has_text="판매 내용이")).to_have_count(0)


def test_price_and_quantity_can_be_changed_and_a_sale_ended(join, system):
    seller, buyer = join("민지"), join("준호")
    seller.sell("의자", "10000")
    seller.go("selling")
    seller.card("의자").get_by_role("button", name="가격·수량").click()
    seller.dialog.locator("[name=price]").fill("8000")
    seller.dialog.locator("[name=qty]").fill("3")
    seller.submit()
    expect(seller.card("의자")).to_contain_text("8,000원")
    expect(seller.card("의자")).to_contain_text("3개 남음")
    buyer.page.locator("#refresh").click()
    expect(buyer.card("의자")).to_contain_text("8,000원")
    seller.card("의자").get_by_role("button", name="판매 끝내기").click()
    seller.submit()
    expect(seller.card("의자")).to_contain_text("판매종료")
    stock = system.call("GET", "/inventories")["_embedded"]["inventories"]
    assert [item["status"] for item in stock] in ([], ["재고종료"])


def test_an_outdated_form_is_filled_again_instead_of_overwriting(join, system):
    buyer = join(allowed=("409", "412"))
    buyer.become("준호")
    seller = join("민지")
    seller.sell("자전거")
    buyer.reserve("자전거", "여기")
    buyer.card("자전거").get_by_role("button", name="약속 바꾸기").click()
    [row] = system.call("GET", "/reserves")["_embedded"]["reserves"]
    system.call("PATCH", f"/reserves/{row['id']}", {"address": "다른 창에서 바꾼 곳"})
    buyer.dialog.locator("[name=address]").fill("내가 적은 곳")
    buyer.dialog.locator("button[type=submit]").click()
    expect(buyer.dialog).to_contain_text("그 사이에 내용이 바뀌어")
    expect(buyer.dialog.locator("[name=address]")).to_have_value("다른 창에서 바꾼 곳")
    buyer.dialog.locator("[name=address]").fill("내가 적은 곳")
    buyer.submit()
    expect(buyer.card("자전거")).to_contain_text("내가 적은 곳")


def test_what_happens_while_the_connection_is_lost_arrives_once_it_is_back(system, join):
    other = system.ingress()
    seller = join(url=other.url, allowed=("ERR_", "Failed to load"))
    seller.become("민지")
    buyer = join("준호")
    seller.sell("자전거")
    seller.go("selling")
    seller.page.locator("#sell").click()
    seller.dialog.locator("[name=productname]").fill("적던 것")

    other.kill()
    expect(seller.page.locator("#connection")).to_have_attribute("data-state", "lost")
    expect(seller.page.locator("#banner")).to_contain_text("연결이 끊겼어요")
    seller.dialog.locator("[name=price]").fill("1000")
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog).to_contain_text("두 번 처리되지 않아요")
    expect(seller.dialog.locator("[name=productname]")).to_have_value("적던 것")
    buyer.reserve("자전거")

    other.start()
    expect(seller.page.locator("#connection")).to_have_attribute("data-state", "open")
    expect(seller.page.locator("#banner")).to_be_empty()
    seller.dialog.get_by_role("button", name="다시 시도").click()
    expect(seller.dialog).to_have_count(0)
    expect(seller.card("적던 것")).to_be_visible()
    expect(seller.card("자전거")).to_contain_text("준호 님")
    seller.go("notices")
    news = seller.page.locator("#notices .notice").filter(has_text="거래가 시작되었습니다")
    expect(news).to_have_count(1)
    expect(news).to_contain_text("새 알림")


def test_without_a_network_the_page_says_so_and_comes_back_by_itself(join):
    person, other = join("민지", allowed=("ERR_", "Failed to load")), join("준호")
    person.sell("자전거")
    person.page.context.set_offline(True)
    expect(person.page.locator("#banner")).to_contain_text("인터넷에 연결되어 있지 않아요")
    other.reserve("자전거")
    person.page.context.set_offline(False)
    expect(person.page.locator("#banner")).to_be_empty()
    person.go("selling")
    expect(person.card("자전거")).to_contain_text("준호 님")


def test_a_double_tap_is_one_deal(join, system):
    seller, buyer = join("민지"), join("준호")
    seller.fill_sale("자전거", qty="2")
    seller.dialog.locator("button[type=submit]").dblclick()
    expect(seller.card("자전거")).to_have_count(1)
    buyer.fill_reservation("자전거")
    buyer.dialog.locator("button[type=submit]").dblclick()
    buyer.go("buying")
    expect(buyer.card("자전거")).to_have_count(1)
    assert system.call("GET", "/reserves")["page"]["totalElements"] == 1
    assert system.call("GET", "/trades")["page"]["totalElements"] == 1


def test_what_was_sent_twice_because_no_answer_came_is_done_once(join, system):
    seller = join("민지")
    seller.sell("자전거")
    buyer = join(allowed=("ERR_FAILED", "Failed to load"))
    buyer.become("준호")
    # The first answer is lost on its way back.
    lost = []

    def lose_the_answer(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            return route.abort()
        return route.continue_()

    buyer.page.route("**/reserves", lose_the_answer)
    buyer.fill_reservation("자전거")
    buyer.dialog.locator("button[type=submit]").click()
    expect(buyer.dialog).to_contain_text("두 번 처리되지 않아요")
    expect(buyer.dialog.locator("[name=address]")).to_be_disabled()
    assert lost == [201]
    buyer.dialog.get_by_role("button", name="다시 시도").click()
    expect(buyer.dialog).to_have_count(0)
    assert system.call("GET", "/reserves")["page"]["totalElements"] == 1


def test_a_listing_whose_stock_fails_says_so_and_repeats_only_the_stock(join, system):
    seller = join(allowed=("503",))
    seller.become("민지")
    busy = {"code": "backlog", "status": 503, "message": "요청이 너무 많이 밀려 있습니다."}
    problem = {"status": 503, "headers": {"Content-Type": "application/problem+json", "Retry-After": "30"}, "body": json.dumps(busy)}
    seller.page.route("**/inventories", lambda route: route.fulfill(**problem))
    seller.fill_sale("자전거")
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog).to_contain_text("일부만 저장됐어요")
    seller.page.unroute("**/inventories")
    seller.dialog.get_by_role("button", name="다시 시도").click()
    expect(seller.dialog).to_have_count(0)
    assert system.call("GET", "/trades")["page"]["totalElements"] == 1
    assert system.call("GET", "/inventories")["page"]["totalElements"] == 1


def test_an_answer_that_comes_late_is_followed_to_its_result(join, system):
    seller = join("민지")
    asked = []
    seller.page.route("**/trades", lambda route: route.continue_(headers={**route.request.headers, "prefer": "respond-async"}))
    seller.page.on("request", lambda request: asked.append(urllib.parse.urlparse(request.url).path))
    seller.sell("자전거")
    assert any(path.startswith("/operations/") for path in asked)
    assert system.call("GET", "/trades")["_embedded"]["trades"][0]["status"] == "판매중"


def test_a_server_that_is_busy_is_asked_again_when_it_said(join):
    seller = join(allowed=("503",))
    seller.become("민지")
    refused = []

    def refuse_once(route):
        if route.request.method == "POST" and not refused:
            refused.append(route.request.headers["idempotency-key"])
            return route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}")
        return route.continue_()

    seller.page.route("**/trades", refuse_once)
    seller.sell("자전거")
    assert refused


def test_nothing_waits_for_ever(join):
    page = join(allowed=("Failed to load",)).page
    # A page that is as patient as people are would make this test as long.
    page.add_init_script("const timeout = AbortSignal.timeout; AbortSignal.timeout = (time) => timeout.call(AbortSignal, Math.min(time, 300));")
    page.route("**/trades?**", lambda route: None)
    page.reload()
    expect(page.locator("#view")).to_contain_text("서버가 답하지 않아요")
    page.unroute("**/trades?**")
    page.get_by_role("button", name="다시 시도").click()
    expect(page.locator("#view")).to_contain_text("아직 올라온 물건이 없어요")


def test_what_is_wrong_is_said_at_its_field(join):
    seller = join("민지", allowed=("422",))
    seller.fill_sale("", price="비싸요")
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog.locator("[name=productname]")).to_have_attribute("aria-invalid", "true")
    expect(seller.dialog.locator("[name=productname]")).to_be_focused()
    expect(seller.dialog).to_contain_text("물건 이름을(를) 적어 주세요")
    # What only the server knows is said there too, in its words.
    seller.dialog.locator("[name=productname]").fill("뒤집힌 \u202e글자")
    seller.dialog.locator("[name=price]").fill("1000")
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog.locator(".error", has_text="쓸 수 없는 문자")).to_be_visible()


def test_names_are_never_markup(join):
    seller, buyer = join(), join("준호")
    seller.become("<b>민지</b>")
    seller.sell(HOSTILE)
    buyer.reserve(HOSTILE, "<script>alert(2)</script>")
    seller.go("selling")
    expect(seller.card(HOSTILE)).to_contain_text("<script>alert(2)</script>")
    for person in (seller, buyer):
        for view in VIEWS:
            person.go(view)
            expect(person.page.locator("#view img, #view b, #view script, #notices img, #notices script")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 375])
def test_nothing_is_wider_than_a_phone(join, width):
    phone = {"viewport": {"width": width, "height": 667}, "has_touch": True, "is_mobile": True}
    seller, buyer = join("민지와 아주 긴 이름을 가진 사람입니다", **phone), join("준호", **phone)
    seller.sell(HOSTILE, "123456789", qty="2", confirm="code")
    seller.sell("W" * 100)
    buyer.reserve(HOSTILE, "X" * 200)
    expect(buyer.page.locator(".code")).to_be_visible()

    def fits(person):
        wide = person.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= width and wide[1] <= width, f"{person.page.url}: {wide}"

    for view in VIEWS:
        for person in (seller, buyer):
            person.go(view)
            expect(person.page.locator(".loading")).to_have_count(0)
            fits(person)
    seller.go("sale")
    seller.page.locator("#sell").click()
    fits(seller)
    # What a finger has to hit is large enough for it.
    for control in seller.page.locator("button:visible, nav a:visible, input:visible, select:visible").all():
        box = control.bounding_box()
        assert box["height"] >= 43.5, control.text_content()


def test_the_keyboard_alone_is_enough(join):
    page = join().page

    def press(*keys: str):
        for key in keys:
            page.keyboard.press(key)

    def tab_to(target: Locator):
        """Presses the tab key until something has the focus."""
        expect(target).to_be_visible()
        for _ in range(60):
            if target.evaluate("(it) => it === document.activeElement"):
                return
            press("Tab")
        pytest.fail(f"no way by the keyboard to {target}")

    press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    tab_to(page.locator("#who"))
    press("Enter")
    expect(page.get_by_role("dialog").get_by_label("이름")).to_be_focused()
    page.keyboard.type("민지")
    press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#who")).to_be_focused()
    tab_to(page.locator("#sell"))
    press("Enter")
    page.keyboard.type("자전거")
    press("Tab")
    page.keyboard.type("1000")
    press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    tab_to(page.locator("nav a[href='#selling']"))
    press("Enter")
    expect(page.locator("#view-title")).to_be_focused()
    tab_to(page.get_by_role("button", name="가격·수량"))
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    tab_to(page.get_by_role("button", name="판매 끝내기"))
    press("Enter")
    tab_to(page.get_by_role("dialog").get_by_role("button", name="끝내기"))
    press("Enter")
    expect(page.locator("#view")).to_contain_text("판매종료")


def test_who_has_the_focus_keeps_it_when_a_card_changes(join):
    seller, buyer = join("민지"), join("준호")
    seller.sell("자전거", qty="2")
    seller.go("selling")
    edit = seller.card("자전거").get_by_role("button", name="가격·수량")
    edit.focus()
    buyer.reserve("자전거")
    expect(seller.card("자전거")).to_contain_text("준호 님")
    expect(edit).to_be_focused()


def test_the_page_speaks_english_and_remembers_it(join):
    person = join(locale="en-US")
    expect(person.page.locator("html")).to_have_attribute("lang", "en")
    person.become("Ann")
    person.sell("Bicycle")
    expect(person.card("Bicycle")).to_contain_text("On sale")
    expect(person.card("Bicycle")).to_contain_text("₩50,000")
    for view in VIEWS:
        person.go(view)
        text = person.page.locator("body").inner_text().replace("한국어", "")
        assert not re.search("[가-힣]", text), text
    person.page.locator("#language").click()
    expect(person.page.locator("#notices-title")).to_have_text("알림")
    person.page.reload()
    expect(person.page.locator("html")).to_have_attribute("lang", "ko")


def test_two_names_can_be_switched_between(join):
    person = join("민지")
    person.sell("자전거")
    person.become("준호")
    expect(person.card("자전거")).to_contain_text("민지 님이 팔아요")
    person.page.locator("#who").click()
    person.dialog.get_by_role("button", name="민지").click()
    expect(person.card("자전거")).to_contain_text("내 물건")


def findings(page: Page) -> list[str]:
    """Returns what axe-core finds serious or critical on a page."""
    page.evaluate("(script) => { if (!window.axe) new Function(script)(); }", AXE_SCRIPT)
    result = page.evaluate("() => axe.run(document, { resultTypes: ['violations'], preload: false })")
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def findings_in_light_and_dark(page: Page) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += findings(page)
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(join, width):
    look = {"reduced_motion": "reduce", "viewport": {"width": width, "height": 844}, "bypass_csp": True}
    seller, buyer, third = join(**look), join(**look), join(**look)
    assert findings_in_light_and_dark(seller.page) == []
    for person, name in ((seller, "민지"), (buyer, "준호"), (third, "세찬")):
        person.become(name)
    seller.sell("자전거", confirm="code")
    seller.sell("의자", qty="3", confirm="buyer")
    buyer.reserve("자전거")
    third.reserve("자전거")
    expect(third.card("자전거")).to_contain_text("1번째 순서")
    expect(buyer.page.locator(".code")).to_be_visible()
    buyer.go("sale")
    buyer.reserve("의자")
    seller.go("selling")
    seller.card("의자").get_by_role("button", name="인수인계").click()
    seller.submit()
    expect(buyer.card("의자").get_by_role("button", name="받았어요")).to_be_visible()
    for person in (seller, buyer, third):
        for view in VIEWS if width < 960 else VIEWS[:3]:
            person.go(view)
            expect(person.page.locator(".loading")).to_have_count(0)
            assert findings_in_light_and_dark(person.page) == [], view
    seller.go("sale")
    seller.page.locator("#sell").click()
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog.locator(".error").first).to_be_visible()
    assert findings_in_light_and_dark(seller.page) == []
    seller.page.keyboard.press("Escape")
    seller.go("selling")
    seller.card("의자").get_by_role("button", name="거래 취소").click()
    assert findings_in_light_and_dark(seller.page) == []


def test_the_design_folder_shows_itself_without_a_serious_finding(browse):
    page = browse((SOURCES / "Pages/Design/design.html").as_uri())
    assert findings(page) == []
    assert page.locator("[data-theme=dark]").first.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(23, 19, 16)"


@pytest.mark.parametrize(("locale", "text"), [("ko-KR", "아직 올라온 물건이 없어요"), ("en-US", "Nothing is on sale yet")])
def test_the_page_is_light_and_comes_from_one_host(system, browse, locale, text):
    page = browse("about:blank", locale=locale)
    sizes = {}
    page.on("response", lambda response: sizes.setdefault(response.url, response))
    page.goto(system.url)
    expect(page.locator("#view")).to_contain_text(text)
    files = {url: len(answer.body()) for url, answer in sizes.items() if "/market/" in url or url == f"{system.url}/"}
    assert len(files) > 10
    assert sum(files.values()) <= HEAVIEST, files
    assert all(url.startswith((system.url, "data:")) for url in sizes)


def test_a_tab_that_nobody_sees_lets_go_of_its_connection(join):
    seller, buyer = join(), join("준호")
    page = seller.page
    page.clock.install()
    page.reload()
    seller.become("민지")
    seller.sell("자전거")
    show = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(show, True)
    page.clock.fast_forward("01:01")
    expect(page.locator("#connection")).to_have_attribute("data-state", "resting")
    buyer.reserve("자전거")
    page.evaluate(show, False)
    expect(page.locator("#connection")).to_have_attribute("data-state", "open")
    seller.go("selling")
    expect(seller.card("자전거")).to_contain_text("준호 님")


class Issuer:
    """An identity provider: one key, and the tokens that it signs."""

    name, audience = "https://login.example/", "handover"

    def __init__(self, folder):
        self.key = folder / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True)
        self.keys = folder / "keys.json"
        # The last 32 bytes of such a key are the key itself.
        key = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "test", "x": self.encode(public.stdout[-32:])}
        self.keys.write_text(json.dumps({"keys": [key]}))
        self.text = folder / "text"

    @staticmethod
    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def token(self, user: str, seconds: int = 3600) -> str:
        claims = {"iss": self.name, "aud": self.audience, "sub": user, "exp": int(time.time()) + seconds}
        head = {"alg": "EdDSA", "typ": "JWT", "kid": "test"}
        text = ".".join(self.encode(json.dumps(part).encode()) for part in (head, claims))
        self.text.write_text(text)
        signed = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.text], check=True, capture_output=True
        )
        return f"{text}.{self.encode(signed.stdout)}"


def test_where_people_must_sign_in_a_token_says_who_they_are(start_system, browse, tmp_path):
    issuer = Issuer(tmp_path)
    options = {"HANDOVER_AUTH": "required", "HANDOVER_JWKS": str(issuer.keys), "HANDOVER_JWT_ISSUER": issuer.name, "HANDOVER_JWT_AUDIENCE": issuer.audience}
    system = start_system(environment=options)
    seller, buyer = (Person(browse(system.url, allowed=("401",))) for _ in range(2))
    expect(seller.view).to_contain_text("토큰으로 로그인")

    def sign_in(person: Person, token: str):
        person.page.locator("#who").click()
        person.dialog.get_by_label("토큰").fill(token)
        person.submit()

    seller.page.locator("#who").click()
    seller.dialog.get_by_label("토큰").fill("아무거나")
    seller.dialog.locator("button[type=submit]").click()
    expect(seller.dialog).to_contain_text("토큰이 아니에요")
    seller.dialog.get_by_label("토큰").fill(issuer.token("민지"))
    seller.submit()
    expect(seller.page.locator("#who")).to_contain_text("민지")
    seller.sell("자전거")
    sign_in(buyer, issuer.token("준호"))
    buyer.reserve("자전거")
    seller.go("selling")
    expect(seller.card("자전거")).to_contain_text("준호 님")

    # A token that ran out leads back to where one is entered.
    buyer.page.locator("#who").click()
    buyer.dialog.get_by_label("토큰").fill(issuer.token("준호", seconds=-3600))
    buyer.dialog.locator("button[type=submit]").click()
    expect(buyer.dialog).to_contain_text("토큰이 만료되었거나")
    buyer.dialog.get_by_label("토큰").fill(issuer.token("준호"))
    buyer.submit()
    expect(buyer.card("자전거")).to_contain_text("거래진행중")
