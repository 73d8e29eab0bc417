"""What holds of every command, without a server."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from signoff.command_line import cli
from signoff.command_line.looks import one_line, printable
from signoff.command_line.session import ExitCode
from tests.running import free_port


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


EVERY = dict(commands(cli))
LEAVES = {
    path for path, command in EVERY.items() if not isinstance(command, click.Group)
}


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_has_help_and_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*path, "--help"])

    assert shown.exit_code == 0
    assert EVERY[path].help
    assert f"For example:\n    {' '.join(('signoff', *path))}" in shown.output
    undescribed = [
        option.name
        for option in EVERY[path].params
        if isinstance(option, click.Option) and not option.help
    ]
    assert undescribed == []


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_answers_in_json(path: tuple[str, ...]) -> None:
    assert "--json" in CliRunner().invoke(cli, [*path, "--help"]).output


@pytest.mark.parametrize(
    "arguments",
    [
        ["requests", "show", "0"],
        ["requests", "show", "twelve"],
        ["requests", "list", "--status", "done"],
        ["request", "churn", "7"],
        ["check", "report", "churn", "7", "fairness", "good"],
        ["compare", "churn", "7"],
        ["token", "create", "ci"],
        ["token", "create", "ci", "--scope", "all"],
        ["wait", "12", "--timeout", "soon"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2_and_says_what(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 2
    assert "Error: " in result.output
    assert "--help" in result.output


@pytest.mark.parametrize(
    "arguments", [["reject", "12"], ["approve", "12"]], ids=" ".join
)
def test_without_a_server_it_says_what_to_set(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNOFF_URL", raising=False)

    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 2
    assert result.output == (
        "Error: Set SIGNOFF_URL to the server's address,"
        " such as https://signoff.example.com.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["request", "churn", "v7", "Production", "--comment", "Better."],
        ["compare", "churn", "v6", "7"],
        ["check", "list", "churn", "v7"],
    ],
    ids=" ".join,
)
def test_a_version_may_be_written_as_it_is_shown(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNOFF_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SIGNOFF_TOKEN", "a-token")

    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == ExitCode.UNAVAILABLE, result.output


def test_what_is_no_number_is_told_as_it_was_typed() -> None:
    for arguments in (["requests", "show", "abc"], ["compare", "churn", "vv6", "7"]):
        said = CliRunner().invoke(cli, arguments).output

        assert f"{arguments[2]!r} is not a valid " in said
        assert "range" not in said


def test_what_a_terminal_would_obey_is_not_written() -> None:
    assert printable("a\x1b[31m\u202eb\nc") == "a\ufffd[31m\ufffdb\nc"
    assert one_line("a\r\n\t b\x07") == "a b\ufffd"
