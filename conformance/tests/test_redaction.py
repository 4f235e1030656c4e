"""What is never shown."""

import pytest

from seatunnel_conformance.exchange import Answer, Exchange, Request
from seatunnel_conformance.redaction import HIDDEN, redact_header, redact_text, redact_url

PLANTED = "pl4nted-s3cret"


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Set-Cookie", "PROXY-AUTHORIZATION", "X-Api-Key"])
def test_credential_headers_are_hidden_whatever_their_letter_case(name: str):
    assert redact_header(name, PLANTED) == HIDDEN


def test_other_headers_are_shown():
    assert redact_header("Content-Type", "text/plain") == "text/plain"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"password": "{PLANTED}"}}',
        f'{{"a": {{"db.password":"{PLANTED}"}}}}',
        f'{{"secret_key" : "x\\"{PLANTED}"}}',
        f'{{"TOKEN": "{PLANTED}',
        f"http://user:{PLANTED}@host/",
        f"see http://{PLANTED}@host/ for more",
    ],
)
def test_secrets_in_texts_are_hidden(text: str):
    assert PLANTED not in redact_text(text)


def test_rest_of_a_text_is_kept():
    assert redact_text('{"password": "x", "name": "y", "n": 1}') == f'{{"password": "{HIDDEN}", "name": "y", "n": 1}}'


def test_secrets_in_addresses_are_hidden():
    assert redact_url(f"http://u:{PLANTED}@host:1/p?token={PLANTED}&x=1") == f"http://host:1/p?token={HIDDEN}&x=1"


def test_exchange_shows_its_secrets_nowhere():
    request = Request(
        "POST",
        f"http://u:{PLANTED}@localhost",
        f"/submit-job?token={PLANTED}",
        {"Authorization": PLANTED, "Content-Type": "application/json"},
        f'{{"source": [{{"password": "{PLANTED}"}}]}}'.encode(),
    )
    answer = Answer(200, [("set-cookie", PLANTED)], f'{{"password":"{PLANTED}"}}'.encode())
    assert PLANTED not in str(Exchange(request, answer).as_event())
    assert PLANTED not in repr(answer)
    assert PLANTED not in str(request)
