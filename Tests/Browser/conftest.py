"""What the browser tests share: whole systems of real processes, and pages that say what goes wrong in them.

`scripts/browser` runs them. A test waits for what it expects, at most `PATIENCE`, and never for a time: a busy machine
is not a defect.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

# How long a test waits for what it expects, in seconds.
PATIENCE = 60
# Where the executables are: `scripts/browser` says so.
EXECUTABLES = Path(os.environ.get("HANDOVER_EXECUTABLES", ".build/debug")).absolute()
SOURCES = Path(__file__).parents[2] / "Sources"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# Tells of every violation of the page's policy in the console, where `browse` reads it.
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI || event.sourceFile}`));
"""

expect.set_options(timeout=PATIENCE * 1000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(check, what: str):
    """Returns the first true result of a check; fails if there is none in time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := check():
            return result
        time.sleep(0.05)
    pytest.fail(f"not within {PATIENCE} s: {what}")


class Server:
    """One process that answers HTTP."""

    def __init__(self, log: Path, executable: str, *options: str, environment: dict | None = None, port: int | None = None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.arguments = [str(EXECUTABLES / executable), *options, "--port", str(self.port)]
        self.environment = {**os.environ, "LOG_LEVEL": "notice", **(environment or {})}
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        eventually(self._is_ready, f"{self.arguments[0]} is ready. Its log:\n{self.log.read_text()[-2000:]}")

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"{self.arguments[0]} ended:\n{self.log.read_text()[-2000:]}")
        try:
            return self.call("GET", "/actuator/health/readiness")["status"] == "UP"
        except (OSError, urllib.error.HTTPError):
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self):
        """Ends it as a crash does."""
        self.process.kill()
        self.process.wait()

    def call(self, method: str, path: str, body: dict | None = None, token: str | None = None):
        """Returns what a call of the API answers. Throws `HTTPError` if it fails."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.loads(response.read() or "null")


class System(Server):
    """A whole system with a Redis of its own, in a temporary folder."""

    def __init__(self, *options: str, environment: dict | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="handover-"))
        self.redis = self.folder / "redis.sock"
        self.others: list[Server] = []
        super().__init__(
            self.folder / "log", "handover", "dev", "--data", str(self.folder), *options, environment=environment
        )

    def ingress(self) -> Server:
        """Starts another ingress of the same system, which can be ended alone."""
        log = self.folder / f"ingress-{len(self.others)}.log"
        self.others.append(Server(log, "ingress", "--redis-url", f"unix://{self.redis}"))
        return self.others[-1]

    def end(self):
        for server in [*self.others, self]:
            if server.process.poll() is None:
                server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def start_system():
    """Starts systems with options of their own, and ends them with the test."""
    systems: list[System] = []

    def start(*options: str, environment: dict | None = None) -> System:
        systems.append(System(*options, environment=environment))
        return systems[-1]

    yield start
    for system in systems:
        system.end()


@pytest.fixture
def system(start_system) -> System:
    """A whole system: `url` is its ingress, `redis` the socket of its Redis."""
    return start_system()


@pytest.fixture(scope="session")
def browser() -> Browser:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(browser):
    """Opens pages, each in a browser of its own as another person has, and fails the test for what they complain of.

    `allowed`: parts of complaints that the test provokes, such as "409". The other options are Playwright's of a context.
    """
    troubles: list[str] = []
    contexts = []

    def open_page(url: str, *, allowed: tuple[str, ...] = (), **options) -> Page:
        options = {"locale": "ko-KR", "viewport": {"width": 390, "height": 844}, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(WATCH_POLICY)
        contexts.append(context)
        page = context.new_page()

        def note(text: str):
            if not any(part in text for part in allowed):
                troubles.append(f"{page.url}: {text}")

        def hear(message: ConsoleMessage):
            if message.type in ("error", "warning"):
                note(f"{message.type}: {message.text} {message.location['url']}")

        page.on("console", hear)
        page.on("pageerror", lambda error: note(f"exception: {error}"))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles, "\n".join(troubles)
