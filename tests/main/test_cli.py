"""The command line: what it does, what it says, and how it fails."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from click.testing import Result
from typer.testing import CliRunner

from orion.identity import User
from orion.main.cli import app
from orion.main.demo_feed import write_demo_feed
from orion.plumbing import jobs
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings
from tests.plumbing import sample_jobs  # noqa: F401 (declares the jobs)
from tests.plumbing.workers import environment

COMMANDS = (
    "serve", "worker", "migrate", "openapi", "create-admin", "demo", "import", "jobs list", "jobs show", "jobs requeue",
    "keys new", "keys rotate", "check stock", "check orders", "simulate",
)  # fmt: skip
Orion = Callable[..., Result]
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def orion(settings: Settings, keep_logging: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Orion:
    """Runs a command in this process, with the environment of the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment(settings, LOG_LEVEL="WARNING").items():
        monkeypatch.setenv(name, value)

    def run(*words: str, **changes: str) -> Result:
        return CliRunner().invoke(app, words, env=changes)

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "150"})
    assert result.exit_code == 0
    assert f"orion {command}" in result.output


def test_an_administrator_is_made_once(orion: Orion, settings: Settings) -> None:
    words = ("create-admin", "--username", "ada", "--email", "ada@example.com", "--password", "long enough")
    result = orion(*words)
    assert (result.exit_code, result.output) == (0, "Administrator ada can log in now.\n")
    again = orion(*words)
    assert again.exit_code == 1
    assert again.stderr.startswith("Error: The user name 'ada' is taken")
    assert "Traceback" not in again.output
    engine = sa.create_engine(Database(settings.database_url).sync_url)
    with engine.connect() as connection:
        assert connection.execute(sa.select(User.username, User.role)).all() == [("ada", "admin")]
    engine.dispose()


@only_sqlite
def test_a_password_is_asked_for(orion: Orion) -> None:
    words = ["create-admin", "--username", "ada", "--email", "ada@example.com"]
    result = CliRunner().invoke(app, words, input="long enough\nlong enough\n")
    assert result.exit_code == 0
    assert "long enough" not in result.output


async def _put(url: str, name: str, *args: object, id: str) -> None:  # noqa: A002 (as enqueue calls it)
    database = Database(url)
    async with database.transaction() as session:
        await jobs.enqueue(session, name, *args, id=id)
    await database.dispose()


async def test_jobs_are_listed_and_shown(settings: Settings, tmp_path: Path) -> None:
    await _put(settings.database_url, "say", "folder", "hello", id="greeting")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "orion.main", "jobs", *words]
        return subprocess.run(
            command, env=environment(settings, LOG_LEVEL="WARNING"), capture_output=True, text=True, check=False
        )

    listed = run("list")
    assert listed.returncode == 0, listed.stderr
    assert "greeting" in listed.stdout
    assert "say('folder', 'hello')" in listed.stdout
    refused = run("requeue", "greeting")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Error: Job greeting is waiting: only failed jobs can run again\n"


@only_sqlite
def test_failures_are_one_clear_line(orion: Orion, tmp_path: Path) -> None:
    for words, changes, said in (
        (("jobs", "show", "none"), {}, "Error: There is no job 'none'\n"),
        (("jobs", "list", "--status", "asleep"), {}, "Error: 'asleep' is not one of the job states"),
        (
            ("jobs", "list"),
            {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"},
            "Error: The database is not up to date.",
        ),
        (("jobs", "list"), {"DATABASE_URL": "mysql://localhost/x"}, "Error: DATABASE_URL names 'mysql'"),
        (("jobs", "list"), {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "Error: The database does not answer:"),
        (("jobs", "list"), {"DATABASE_URL": "nonsense"}, "Error: DATABASE_URL is no database's address: write"),
        (("worker",), {"DATABASE_URL": "sqlite:////dev/null/x/y.db"}, "Error: Cannot make the folder /dev/null/x for"),
        (("worker",), {"DATABASE_URL": "sqlite:////dev/full"}, "Error: The database cannot be written: "),
        (("migrate",), {"DATABASE_URL": "sqlite:////dev/full"}, "Error: The database cannot be written: "),
        (
            ("openapi",),
            {"SECRET_KEY": "", "VAR_DIR": "/dev/null/x"},
            "Error: VAR_DIR cannot be used: ",
        ),
        (("jobs", "list"), {"WORKER_TICK_SECONDS": "soon"}, "Error: WORKER_TICK_SECONDS: "),
        (("demo",), {"ENVIRONMENT": "production"}, "Error: `orion demo` makes log-ins with known passwords"),
        (("import", "absent.csv", "--store", "DEMO"), {}, "Error: Cannot read 'absent.csv': No such file"),
    ):
        result = orion(*words, **changes)
        assert result.exit_code == 1, words
        assert result.stderr.startswith(said), result.stderr
        assert result.stdout == ""


@only_sqlite
def test_the_api_is_described(orion: Orion, tmp_path: Path) -> None:
    result = orion("openapi", "--output", "api.json")
    assert result.exit_code == 0
    described = json.loads((tmp_path / "api.json").read_text())
    assert "/health" in described["paths"]
    assert json.loads(orion("openapi").stdout) == described


def test_the_demo_can_be_imported_at_once_and_again(orion: Orion, tmp_path: Path) -> None:
    first = orion("demo")
    assert first.exit_code == 0
    assert "demo / demo12345" in first.stdout
    assert orion("demo").stdout == first.stdout
    feed = str(tmp_path / "var" / "demo-feed.csv")
    imported = orion("import", feed, "--store", "demo", "--language", "en")
    assert imported.exit_code == 0, imported.output
    assert "completed with errors" in imported.stdout
    assert "imported" in imported.stdout
    repeated = orion("import", feed, "--store", "DEMO")
    assert repeated.exit_code == 0
    assert "unchanged" in repeated.stdout
    wrong = orion("import", feed, "--store", "OTHER")
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("Error: There is no store 'OTHER'")
    assert [path.name for path in (tmp_path / "var" / "files").iterdir() if path.name.startswith(".")] == []


def test_the_demo_feed_is_the_same_every_time(tmp_path: Path) -> None:
    assert write_demo_feed(tmp_path / "a.csv") == write_demo_feed(tmp_path / "b.csv") == 320
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
