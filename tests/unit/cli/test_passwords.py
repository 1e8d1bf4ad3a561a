"""Whatever the password in a URL is: nothing that a command prints contains it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.cli import main
from reconciler.report.scrub import scrubbed
from reconciler.spec import has_password, without_password

# Marked at both ends, so that no other word can be taken for it.
PASSWORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]) | st.sampled_from("'\"@/?:#&;=%$\\`"), max_size=12
).map("Qz7{}Jx9".format)
# Nobody listens at port 1.
FORMS = [
    "postgresql://me:{0}@127.0.0.1:1/shop", "postgresql+psycopg://me:{0}@127.0.0.1:1/shop?sslmode=disable",
    "postgres://:{0}@127.0.0.1:1/shop", "postgresql://me@127.0.0.1:1/shop?password={0}",
    "postgresql://me@127.0.0.1:1/shop?sslmode=disable&sslpassword={0}", "postgresql:me:{0}@127.0.0.1:1/shop",
    "sqlite:///{folder}/shop.db?password={0}", "sqlite+pysqlcipher://:{0}@/{folder}/shop.db", "mysql://me:{0}@h/shop",
    "mysql://me@h/shop?passwd={0}", "oracle://me:{0}@h/shop",
]  # fmt: skip
COMMANDS = [
    ["plan"], ["plan", "--json"], ["apply", "--auto-approve", "--no-input"], ["apply", "--no-input"], ["check"],
    ["check", "--json"], ["import", "--out", "{folder}/out"],
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("specs")
    (made / "t.yaml").write_text("table: t\ncolumns: {a: {type: int}}\n")
    return made


def printed(words: list[str]) -> str:
    """Return what a command writes to both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(words)
    return out.getvalue() + err.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=PASSWORDS, form=st.sampled_from(FORMS), command=st.sampled_from(COMMANDS), raw=st.booleans())
@example(password="Qz7'Jx9", form=FORMS[0], command=COMMANDS[2], raw=True)
@example(password="Qz7?Jx9", form=FORMS[0], command=COMMANDS[0], raw=True)
@example(password="Qz7@Jx9", form=FORMS[3], command=COMMANDS[0], raw=True)
@example(password="Qz7Jx9", form=FORMS[6], command=COMMANDS[0], raw=True)
def test_no_command_prints_it(folder: Path, password: str, form: str, command: list[str], raw: bool) -> None:
    written = password if raw else quote(password, safe="")
    url = form.format(written, folder=folder)
    words = [word.format(folder=folder) for word in command]
    shown = printed([*words, "-vv", "-C", str(folder), "--specs", str(folder / "t.yaml"), "--url", url])
    assert shown
    assert password not in shown
    assert written not in shown


@given(password=PASSWORDS, form=st.sampled_from(FORMS))
@example(password="Qz7://Jx9", form="postgresql:me:{0}@127.0.0.1:1/shop")
def test_no_shown_url_has_it(password: str, form: str) -> None:
    url = form.format(password, folder="/tmp")
    assert password not in without_password(url)
    if "@" not in password and form != FORMS[5]:
        assert has_password(url)


@given(password=PASSWORDS.filter(lambda text: not set("&'\"") & set(text)))
@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD={0} psql", "sslpassword={0}", "connect(password='{0}', host='h')", "{{'password': '{0}', 'a': 1}}",
        'password = "{0}"', "could not open postgresql://me:{0}@h/shop: no", "https://h/x?auth_token={0}&a=1",
    ],
)  # fmt: skip
def test_no_text_has_it(text: str, password: str) -> None:
    quoted = password.replace("\\", "\\\\")
    assert quoted not in scrubbed(text.format(quoted))
