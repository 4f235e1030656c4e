"""The help shows no value for an option that takes none."""

import re

import pytest
from typer.testing import CliRunner

from seatunnel_v2 import manual
from seatunnel_v2.main import app


def test_flag_shows_no_value_in_the_help_and_the_manual() -> None:
    text = CliRunner().invoke(app, ["conform", "--help-all"], env={"COLUMNS": "80"}).stdout

    assert re.search(r"--insecure +S", text)
    assert "<bool>" not in text + manual.markdown()


@pytest.mark.parametrize(("port", "rule"), [("80a", "a valid integer"), ("99999", "less than or equal to 65535")])
def test_number_that_is_wrong_is_refused_in_plain_words(port: str, rule: str) -> None:
    said = " ".join(CliRunner().invoke(app, ["serve", "--port", port], env={"COLUMNS": "200"}).stderr.split())
    assert f"Invalid value for '--port': it must be {rule} " in said


def test_value_that_is_not_a_choice_is_refused_in_plain_words():
    said = " ".join(CliRunner().invoke(app, ["spec", "--format", "xml"], env={"COLUMNS": "200"}).stderr.split())
    assert "Invalid value for '--format': 'xml' is not one of 'yaml', 'json'." in said
