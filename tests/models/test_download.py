from __future__ import annotations

import dataclasses
import hashlib
import http.server
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tlstudio import places
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event, Progress
from tlstudio.models import catalogue
from tlstudio.models.catalogue import Entry
from tlstudio.models.download import fetch

CONTENT = bytes(range(256)) * 8000  # 2 MB: several chunks
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT at any path but those that name what goes wrong."""

    asked: list[str | None]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        status = re.search(r"/status-(\d+)/", self.path)
        if status:
            self.send_error(int(status.group(1)))
            return
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and "/no-range/" not in self.path else 0
        if first >= len(CONTENT):
            self.send_error(416)
            return
        body = b"<html>log in" if "/portal/" in self.path else CONTENT[first:]
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if "/breaks/" in self.path else body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as served:
        served.asked = []
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def entry(server: Server, folder: str = "", sha256: str = DIGEST[:8]) -> Entry:
    url = f"http://127.0.0.1:{server.server_address[1]}/{folder}tiny.pth"
    return dataclasses.replace(catalogue.find("resnet18"), weights_url=url, weights_sha256=sha256, weights_bytes=len(CONTENT))


def part(one: Entry) -> Path:
    assert one.cache_path is not None
    one.cache_path.parent.mkdir(parents=True, exist_ok=True)
    return one.cache_path.with_name("tiny.pth.part")


def test_a_download_arrives_whole_and_says_how_far_it_is(server: Server) -> None:
    told: list[Event] = []
    one = entry(server)
    path = fetch(one, tell=told.append)
    assert path == one.cache_path
    assert path.read_bytes() == CONTENT
    assert one.weights_state() == "cached"
    assert [file.name for file in path.parent.iterdir()] == ["tiny.pth"]
    said = [event for event in told if isinstance(event, Progress)]
    assert said[-1].done == said[-1].total == len(CONTENT)
    assert {(event.phase, event.unit) for event in said} == {("download", "bytes")}
    assert said[-1].per_second
    assert said[-1].per_second > 0


def test_what_is_on_disk_is_not_asked_for(server: Server) -> None:
    one = entry(server)
    assert fetch(one) == fetch(one)
    assert len(server.asked) == 1
    lite0 = catalogue.find("efficientnet_lite0")
    assert fetch(lite0) == lite0.weights_path


def test_a_cancelled_download_goes_on_where_it_was(server: Server) -> None:
    one, control = entry(server), Control()

    def cancel(event: Event) -> None:
        control.cancel()

    with pytest.raises(Cancelled, match=r"download of ResNet-18 was cancelled.*What came is kept"):
        fetch(one, tell=cancel, control=control)
    came = part(one).stat().st_size
    assert 0 < came < len(CONTENT)
    assert fetch(one).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={came}-"]
    assert not part(one).exists()


def test_a_connection_that_breaks_off_is_told_and_goes_on(server: Server) -> None:
    broken = entry(server, "breaks/")
    with pytest.raises(StudioError, match=r"download of ResNet-18 broke off at 50%.*goes on from there"):
        fetch(broken)
    assert fetch(entry(server)).read_bytes() == CONTENT
    assert server.asked[-1] == f"bytes={len(CONTENT) // 2}-"


def test_a_server_that_cannot_resume_sends_it_all_again(server: Server) -> None:
    one = entry(server, "no-range/")
    part(one).write_bytes(b"old and wrong")
    assert fetch(one).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_asked_for_anew(server: Server) -> None:
    one = entry(server)
    part(one).write_bytes(b"x" * (len(CONTENT) + 5))
    assert fetch(one).read_bytes() == CONTENT


@pytest.mark.parametrize(("folder", "sha256"), [("portal/", DIGEST[:8]), ("", "0" * 8)])
def test_a_wrong_file_is_thrown_away(server: Server, folder: str, sha256: str) -> None:
    one = entry(server, folder, sha256)
    with pytest.raises(StudioError, match=r"is not its weights file, and was thrown away.*with a browser"):
        fetch(one)
    assert one.cache_path is not None
    assert not list(one.cache_path.parent.iterdir())


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, r"no longer at http://.*\(404\)"),
        (410, r"no longer at"),
        (407, r"The proxy refused"),
        (503, r"answered 503 Service Unavailable"),
    ],
)
def test_refusals_are_told(server: Server, status: int, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence) as told:
        fetch(entry(server, f"status-{status}/"))
    assert "EfficientNet-Lite0, which is built in" in told.value.do


def test_a_proxy_that_refuses_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.server_address[1]}")
    # The server knows no CONNECT and answers 501, as a proxy does that does not let one through.
    with pytest.raises(StudioError, match=r"The proxy refused to fetch them.*HTTPS_PROXY"):
        fetch(catalogue.find("resnet18"))


def of_timm(address: str) -> Entry:
    """An entry as timm's are: on the hub, with no hash known beforehand."""
    entry = catalogue.find("timm/test_vit")
    return dataclasses.replace(entry, weights_url=f"{address}/timm/test_vit/resolve/main/model.safetensors", weights_bytes=len(CONTENT))


class Hub(BaseHTTPRequestHandler):
    """The hub's way: tells the file's SHA-256 and sends us on to its store."""

    digest = DIGEST
    body = CONTENT

    def do_GET(self) -> None:
        if "/resolve/" in self.path:
            self.send_response(302)
            self.send_header("X-Linked-ETag", f'"{self.digest}"')
            self.send_header("Location", "/store/file")
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if "/store/" in self.path:
            self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def hub(handler: type[Hub]) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()
        thread.join()


def test_a_mirror_of_the_hub_is_used_and_its_hash_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    one = of_timm("https://huggingface.co")
    with hub(Hub) as address:
        monkeypatch.setenv("HF_ENDPOINT", f"{address}/")
        path = fetch(one)
    assert path.read_bytes() == CONTENT
    assert path == places.weights() / "timm" / "test_vit.r160_in1k.safetensors"
    assert one.weights_state() == "cached"


def test_a_file_that_is_not_what_the_hub_told_is_thrown_away() -> None:
    with hub(type("Changed", (Hub,), {"digest": "0" * 64})) as address:
        one = of_timm(address)
        with pytest.raises(StudioError, match="is not its weights file, and was thrown away"):
            fetch(one)
    assert one.weights_state() == "download"


@pytest.mark.parametrize("body", [b"<html>please log in</html>", b"\x00" * 20])
def test_without_a_hash_what_cannot_be_weights_is_thrown_away(body: bytes) -> None:
    with hub(type("Portal", (Hub,), {"digest": "", "body": body})) as address:
        one = of_timm(address)
        with pytest.raises(StudioError, match="is not its weights file"):
            fetch(one)
    assert one.weights_state() == "download"


def test_without_a_hash_an_empty_file_is_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(type("Empty", (Hub,), {"digest": "", "body": b""})) as address:
        one = dataclasses.replace(of_timm(address), cached_as="timm/test_vit.pth")
        with pytest.raises(StudioError, match="is not its weights file"):
            fetch(one)
    assert one.weights_state() == "download"


def test_without_a_hash_what_begins_as_weights_is_taken() -> None:
    body = (40).to_bytes(8, "little") + b"{" + b" " * 60
    with hub(type("Plain", (Hub,), {"digest": "", "body": body})) as address:
        assert fetch(of_timm(address)).read_bytes() == body


def test_weights_behind_a_licence_are_told(server: Server) -> None:
    with pytest.raises(StudioError, match=r"only to those who signed in or took their licence \(401\)") as told:
        fetch(of_timm(f"http://127.0.0.1:{server.server_address[1]}/status-401"))
    assert "test_vit in a browser" in told.value.do


def test_no_network_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = dataclasses.replace(catalogue.find("resnet50"), weights_url=f"http://127.0.0.1:{port}/tiny.pth")
    with pytest.raises(StudioError, match=r"ResNet-50's weights are not on this computer.*There is no network") as told:
        fetch(one)
    assert told.value.do == "Choose a weights file that you have, or EfficientNet-Lite0, which is built in"


def test_nothing_published_is_told() -> None:
    with pytest.raises(InputError, match=r"no pretrained weights of ResNet-18.*model\.weights=random"):
        fetch(dataclasses.replace(catalogue.find("resnet18"), weights_url=None))


def test_a_full_disk_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    one = entry(server)
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    part(one).symlink_to("/dev/full")
    with pytest.raises(StudioError, match=r"The disk is full.*TORCH_HOME") as told:
        fetch(one)
    assert told.value.exit_code == 1


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    with pytest.raises(StudioError, match=r"could not be written.*TORCH_HOME"):
        fetch(entry(server))


def test_two_at_once_download_once(server: Server) -> None:
    one = entry(server)
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(fetch(one))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [one.cache_path] * 3
    assert len(server.asked) == 1


def test_a_mirror_that_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "my mirror")
    with pytest.raises(StudioError, match=r"which is no address. Set HF_ENDPOINT"):
        fetch(of_timm("https://huggingface.co"))
