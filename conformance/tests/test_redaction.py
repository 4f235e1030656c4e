"""What is never shown."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from seatunnel_conformance.exchange import Answer, Exchange, Request
from seatunnel_conformance.redaction import HIDDEN, Secret, Veil, redact_header, redact_text, redact_url

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


SECRET = 'pä"ss/wörd+of 24 letters'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET.upper(),
        quote(SECRET),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr({"a": SECRET}),
        repr(json.dumps({"a": SECRET}, ensure_ascii=False)),
        json.dumps(json.dumps(SECRET, ensure_ascii=False), ensure_ascii=False),
        html.escape(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        f"'{SECRET[:12]}...",
        f"…{SECRET[10:]}",
    ],
)
def test_secret_of_the_run_is_hidden_in_every_form(form: str):
    shown = Veil.over([SECRET]).text(f"before {form} after" if "..." not in form and "…" not in form else form)
    assert SECRET[:8] not in shown
    assert SECRET[-8:] not in shown
    assert HIDDEN in shown


def test_secret_is_hidden_inside_of_data():
    veil = Veil.over(["hunter22"])
    assert veil.plain({"a": ["x hunter22", {"b": ("hunter22", 1)}]}) == {"a": [f"x {HIDDEN}", {"b": (HIDDEN, 1)}]}


def test_other_text_with_the_same_beginning_stays():
    assert Veil.over(["application-token-1"]).text("application/json is no secret") == "application/json is no secret"


def test_secret_that_is_hardly_one_is_not_looked_for():
    assert Veil.over(["a", ""]).text("a banana") == "a banana"


def test_secret_is_shown_by_nothing():
    assert "hunter22" not in f"{Secret('hunter22')} {Secret('hunter22')!r} {[Secret('hunter22')]}"
