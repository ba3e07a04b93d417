"""A real WordPress, from the system's packages: published to, corrected, taken down, with the answers that it gives.

Needs the programs of a WordPress on this machine (Debian: wordpress, php-cli, php-mysql, mariadb-server).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from rongmei.channels import Accepted, Article, Credential, Line, Posted, Progress, open_line
from rongmei.channels.base import Picture
from rongmei.channels.platforms.wordpress import WordpressChannel
from rongmei.errors import CredentialRefused

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PACKAGE = Path("/usr/share/wordpress")
CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', '%(user)s'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(socket)s'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_ENVIRONMENT_TYPE', 'local'); define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
define('WP_HOME', '%(home)s'); define('WP_SITEURL', '%(home)s');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $what) {
  define($what . '_KEY', $what); define($what . '_SALT', $what . 'salt');
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
SET_UP = """<?php
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = 'localhost';
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('Rongmei', 'editor', 'editor@example.com', true, '', 'not-used');
update_option('permalink_structure', '/%postname%/');
list($password) = WP_Application_Passwords::create_new_application_password(1, ['name' => 'rongmei']);
file_put_contents(__DIR__ . '/password', $password);
"""
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/' && is_file(__DIR__ . $path)) return false;
$_SERVER['SCRIPT_NAME'] = '/index.php';
require __DIR__ . '/index.php';
"""


def until(works: Callable[[], Any], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not works():
        assert time.monotonic() < give_up, "it did not come up"
        time.sleep(0.1)


def answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=20).status_code == requests.codes.ok
    return False


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Credential]:
    """A WordPress of the test's own."""
    missing = [name for name in ("php", "mariadbd", "mariadb-install-db") if shutil.which(name) is None]
    if missing or not PACKAGE.is_dir():
        pytest.skip(f"no WordPress on this machine ({', '.join(missing) or PACKAGE})")
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **env: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env={**os.environ, **env}, **quiet))

    try:
        yield _set_up(tmp_path, start)
    finally:
        for program in reversed(started):
            program.terminate()
            program.wait()


def _set_up(folder: Path, start: Callable[..., None]) -> Credential:
    # A socket's path may not be longer than a hundred characters.
    data, door = folder / "db", Path("/tmp") / f"rm-{os.getpid()}.sock"
    me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(
        ["mariadb-install-db", f"--datadir={data}", f"--user={me}", "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    start("mariadbd", f"--datadir={data}", f"--socket={door}", "--skip-networking", f"--user={me}")
    make = ["mariadb", f"--socket={door}", "--user=root", "--execute=CREATE DATABASE wp CHARACTER SET utf8mb4"]
    until(lambda: subprocess.run(make, check=False, capture_output=True).returncode == 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    root = folder / "wp"
    shutil.copytree(PACKAGE, root, symlinks=False)
    (root / "wp-config.php").write_text(CONFIG % {"socket": door, "home": home, "user": "root"})
    (root / "set-up.php").write_text(SET_UP)
    (root / "router.php").write_text(ROUTER)
    subprocess.run(["php", root / "set-up.php"], check=True, capture_output=True, cwd=root)
    start("php", "-S", f"127.0.0.1:{port}", "-t", str(root), str(root / "router.php"), PHP_CLI_SERVER_WORKERS="3")
    until(lambda: answers(f"{home}/wp-json/wp/v2/posts"))
    return Credential(home, {"username": "editor", "password": (root / "password").read_text()})


def picture(folder: Path) -> Picture:
    buffer = BytesIO()
    Image.effect_noise((900, 600), 80).convert("RGB").save(buffer, "JPEG")
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    (folder / digest).write_bytes(buffer.getvalue())
    return Picture(digest, folder / digest, "cover", "球场𠮷.jpg", alt="捧杯<b>", credit="李四")


def line_to(site: Credential) -> Line:
    return open_line("daily/wordpress", site, lambda: datetime.now(UTC))


def posted_as(article: Article, accepted: Accepted, at: datetime) -> Posted:
    return Posted(
        external_id=accepted.external_id,
        url=accepted.url,
        title=article.title,
        fingerprint=article.fingerprint,
        accepted_at=at,
        published_at=at,
        progress={},
    )


def test_a_post_goes_out_once_is_corrected_and_comes_down(site: Credential, tmp_path: Path) -> None:
    channel, line = WordpressChannel(), line_to(site)
    values: dict[str, Any] = {
        "fingerprint": "rm0123456789abcdef01",
        "title": "东城队二比一 & 《夺冠》𠮷😀",
        "author": "记者 林初",
        "digest": "全场观众<三万>人。",
        "html": "<p>东城队昨晚获胜。</p><table><tr><td>1</td></tr></table>",
        "text": "东城队昨晚获胜。",
        "pictures": (picture(tmp_path),),
        "column": "赛场直击",
        "tags": ("村超", "R&B 之夜", '带"引号"'),
    }
    article, began, kept = Article(**values), datetime.now(UTC), dict[str, Any]()

    def api(path: str) -> Any:
        auth = (site.require("username"), site.require("password"))
        return requests.get(f"{site.base_url}/wp-json/wp/v2{path}", auth=auth, timeout=30).json()

    for _ in range(2):  # as after a crash
        channel.prepare(line, article, Progress(dict(kept), kept.update))
    assert [post["slug"] for post in api("/posts?status=draft")] == [article.fingerprint]
    assert len(api("/media")) == 1
    accepted = channel.send(line, article, Progress(dict(kept), kept.update))
    assert accepted.live
    posted = posted_as(article, accepted, began)
    assert channel.find(line, article.fingerprint, began, kept) == channel.confirm(line, posted)
    shown = api(f"/posts/{accepted.external_id}")
    assert (shown["status"], shown["slug"]) == ("publish", article.fingerprint)
    assert "东城队昨晚获胜" in shown["content"]["rendered"]
    assert "𠮷😀" in shown["title"]["rendered"]
    assert (len(shown["tags"]), bool(shown["categories"]), bool(shown["featured_media"])) == (3, True, True)
    assert requests.get(str(accepted.url), timeout=30).status_code == 200

    mended = Article(**{**values, "title": "更正：三比一", "html": "<p>更正后。</p>", "text": "更正后。", "tags": ()})
    assert channel.correct(line, posted, mended, Progress({}, lambda _: None)).live
    assert "更正后" in api(f"/posts/{accepted.external_id}")["content"]["rendered"]

    assert channel.is_gone(line, posted) is False
    assert [channel.recall(line, posted).how for _ in range(2)] == ["hidden", "hidden"]
    assert channel.is_gone(line, posted) is True
    assert requests.get(str(accepted.url), timeout=30).status_code == 404


def test_a_wrong_password_is_a_refused_credential(site: Credential) -> None:
    article = Article("rm1", "题", "作者", "摘要", "<p>文</p>", "文")
    line = line_to(Credential(site.base_url, {"username": "editor", "password": "wrong"}))
    with pytest.raises(CredentialRefused, match="应用程序密码"):
        WordpressChannel().prepare(line, article, Progress({}, lambda _: None))
