"""Secrets are redacted in every spelling in which a target can return them."""

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from encoders import BASE64, BY_LETTER
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_conformance.text.differences import differences
from seatunnel_conformance.text.redaction import (
    HIDDEN,
    Redactor,
    Secret,
    redact_address,
    redact_header,
    redact_text,
    redact_url,
    redact_values,
)

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
        b'{"source": [{"token": "made by the suite"}]}',
    )
    body = f'{{"password":"{PLANTED}", "token": "bWFkZQ=="}}'.encode()
    response = Response(200, [("set-cookie", PLANTED)], body, sent=request.sent_names)
    assert PLANTED not in str(Exchange(request, response).reported())
    assert PLANTED not in repr(response)
    assert PLANTED not in str(request)


def test_passwords_that_the_suite_has_made_are_shown_in_requests_and_in_what_comes_of_them():
    body = '{"source": [{"password": "x", "token": "y"}]}'
    request = Request("POST", "http://localhost", "/encrypt-config", {}, body.encode())
    response = Response(200, [], b'{"password":"eA==","secret":"theirs"}', sent=request.sent_names)
    shown = Exchange(request, response).reported()
    assert shown.sent.body == body
    assert f"--data-binary '{body}'" in shown.curl
    assert shown.body == f'{{"password":"eA==","secret":"{HIDDEN}"}}'
    told = differences({"password": "eA==", "secret": "a"}, response.json, sent=response.sent)
    assert [str(one) for one in told] == [f'at /secret: expected "{HIDDEN}", found "{HIDDEN}"']


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
        f"{SECRET[:8].upper()}...",
        json.dumps(SECRET.upper()),
        SECRET.encode().decode("latin-1"),
        base64.b64encode(f"a: {SECRET}, b".encode()).decode(),
        base64.b64encode(f"ab: {SECRET}, b".encode()).decode(),
        base64.b64encode(f"abc: {SECRET}, b".encode()).decode(),
    ],
)
def test_secret_of_the_run_is_hidden_in_every_form(form: str):
    shown = Redactor.of([SECRET]).text(f"before {form} after" if "..." not in form and "…" not in form else form)
    assert SECRET[:8] not in shown
    assert SECRET[-8:] not in shown
    assert HIDDEN in shown


def test_secret_is_hidden_inside_of_data():
    redactor = Redactor.of(["hunter22"])
    assert redactor.plain({"a": ["x hunter22", {"b": ("hunter22", 1)}]}) == {"a": [f"x {HIDDEN}", {"b": (HIDDEN, 1)}]}


def test_other_text_with_the_same_beginning_stays():
    assert Redactor.of(["application-token-1"]).text("application/json is no secret") == "application/json is no secret"


@pytest.mark.parametrize("sent", ["\\", "p\u00e4", 'p\u00e4"ss...', "p\\", "...", "'"], ids=ascii)
def test_text_that_is_made_to_be_slow_is_not(sent: str):
    redactor = Redactor.of([SECRET, "\\\\back\\slashes\\\\"])
    begun = time.process_time()
    redactor.text(sent * 20_000)
    assert time.process_time() - begun < 3, "a hundredth of that is what it takes; it took minutes"


def test_end_that_nothing_marks_needs_a_longer_piece_of_a_secret():
    redactor = Redactor.of(["jobs-are-secret"])
    assert redactor.text("/running-jobs") == "/running-jobs"
    assert redactor.text("/running-jobs...") == f"/running-{HIDDEN}..."
    assert redactor.text("/running-jobs-are-") == f"/running-{HIDDEN}"


def test_backslashes_of_a_secret_may_be_any_number():
    redactor = Redactor.of(["a\\b\\\\c d"])
    for shown in ("a\\b\\\\c d", json.dumps("a\\b\\\\c d"), json.dumps(json.dumps("x a\\b\\\\c d"))):
        assert HIDDEN in redactor.text(shown)
        assert "b\\" not in redactor.text(shown)


def test_secret_may_be_the_name_of_a_member_of_others():
    redactor = Redactor.of(["hunter22"])
    assert redactor.json({"hunter22": [{"a": "HUNTER22"}]}) == {HIDDEN: [{"a": HIDDEN}]}
    assert (redactor | Redactor.of(["other-one"])).text("hunter22, other-one") == f"{HIDDEN}, {HIDDEN}"


@pytest.mark.parametrize(
    "address", ["u:planted@h:1", "http://u:pla@nted@h:1", "http://u:planted@h:1", "u:pl@nted@h:1", "http://h:1", "h:1"]
)
def test_address_is_shown_without_its_user(address: str):
    assert redact_address(address).removeprefix("http://") == "h:1"


def test_values_of_password_like_members_are_hidden_in_plain_data():
    plain = {"source": [{"Password": "x", "n": 1, "urls": ["http://u:p@h"]}], "token": ["x"], "GET /?token=x": "y"}
    shown = {"source": [{"Password": HIDDEN, "n": 1, "urls": ["http://h"]}], "token": [HIDDEN]}
    assert redact_values(plain) == shown | {f"GET /?token={HIDDEN}": "y"}


def test_secret_that_is_hardly_one_is_not_looked_for():
    assert Redactor.of(["a", ""]).text("a banana") == "a banana"


def test_secret_is_shown_by_nothing():
    assert "hunter22" not in f"{Secret('hunter22')} {Secret('hunter22')!r} {[Secret('hunter22')]}"


LETTERS = st.one_of(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789"),
    st.sampled_from('%&\\;"/+ =<>#u4n-_.~!*()äß€😀ıİ中'),
    st.characters(exclude_categories=["Cs"], exclude_characters="'"),
)
SECRETS = st.text(LETTERS, min_size=6, max_size=30).filter(lambda text: len(set(text)) > 4)
OTHERS = st.lists(
    st.sampled_from(
        ["jobId", "running", '{"', '":', " ", "config", "a", "42", ", ", "overview é", "\n", "/log", "中文"]
    ),
    max_size=8,
).map("".join)
CHAINS = st.lists(st.sampled_from(sorted(BY_LETTER)), max_size=4)
EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def encoded(text: str, *names: str) -> str:
    for name in names:
        text = (BY_LETTER | BASE64)[name](text)
    return text


def redactor_of(secret: str, *others: str) -> Redactor:
    redactor = Redactor.of([secret])
    assume(all(redactor.text(other) == other for other in others))
    return redactor


@EXAMPLES
@example("0012&\\", "", "running", ["Go html.EscapeString"], str)  # in HTML, a backslash and `r` are two letters
@given(SECRETS, OTHERS, OTHERS, CHAINS, st.sampled_from([str, str.upper, str.lower]))
def test_secret_in_escapes_is_hidden_and_the_rest_is_kept(secret, before, after, chain, case):
    shown = redactor_of(secret, before, after).text(encoded(before + case(secret) + after, *chain))
    assert shown == encoded(before, *chain) + HIDDEN + encoded(after, *chain)


@EXAMPLES
@given(
    SECRETS,
    OTHERS,
    OTHERS,
    CHAINS.filter(lambda chain: len(chain) < 3),
    st.sampled_from(sorted(BASE64)),
    CHAINS.filter(lambda chain: len(chain) < 3),
)
def test_secret_in_base64_is_hidden_and_the_rest_is_kept(  # noqa: PLR0913, PLR0917 - what is generated
    secret, before, after, inner, base64, outer
):
    redactor = redactor_of(secret, before, after)
    whole = encoded(before + secret + after, *inner, base64)
    start = len(encoded(before, *inner).encode())
    end = start + len(encoded(secret, *inner).encode())
    shown = redactor.text(encoded(f"{before} {whole} {after}", *outer))
    assert HIDDEN in shown
    if "\n" not in whole:
        left, right = whole[: start * 4 // 3], whole[-(-end * 4 // 3) :]
        assert shown == encoded(f"{before} {left}", *outer) + HIDDEN + encoded(f"{right} {after}", *outer)


@EXAMPLES
@given(SECRETS, OTHERS, CHAINS, st.lists(st.sampled_from(sorted(BASE64)), max_size=1))
def test_text_without_the_secret_is_kept(secret, text, chain, base64):
    assume(secret.casefold() not in text.casefold())
    whole = encoded(text, *chain, *base64)
    assert redactor_of(secret, text).text(whole) == whole


@pytest.mark.parametrize("offset", range(3))
@pytest.mark.parametrize("inner", sorted(BASE64))
@pytest.mark.parametrize("outer", sorted(BASE64))
def test_base64_of_base64_is_read(outer: str, inner: str, offset: int):
    shown = Redactor.of(["pl4nted-s3cret"]).text(encoded("x" * offset + "pl4nted-s3cret", inner, outer))
    assert HIDDEN in shown
    assert len(shown) < 20


def test_base64_within_a_word_is_read():
    whole = encoded("ann:pl4nted-s3cret", "base64")
    for word in (f"/path/{whole}", f"session-{whole}", f"x{whole}y", f"no/{whole}/"):
        shown = Redactor.of(["pl4nted-s3cret"]).text(word)
        assert HIDDEN in shown
        assert whole[8:20] not in shown


@pytest.mark.parametrize("name", [*sorted(BY_LETTER), "base64"])
def test_piece_of_an_encoded_secret_is_hidden_wherever_it_was_cut(name: str):
    secret = 'pl4"nted=s3/crét wörd+'
    redactor, whole = Redactor.of([secret]), encoded(secret, name)
    for size in range(len(encoded(secret[:12], name)), len(whole)):
        for shown in (redactor.text(f"{whole[:size]}..."), redactor.text(f"…{whole[-size:]}")):
            assert HIDDEN in shown
            assert len(shown) < len(HIDDEN) + 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"a": "{\\"password\\": \\"pl4nted\\", \\"b\\": 1}"}',
            '{"a": "{\\"password\\": \\"[hidden]\\", \\"b\\": 1}"}',
        ),
        (
            r'{"a": "{\"b\": \"{\\\"api_key\\\": \\\"pl4nted\\\"}\"}"}',
            r'{"a": "{\"b\": \"{\\\"api_key\\\": \\\"[hidden]\\\"}\"}"}',
        ),
        ("{&quot;password&quot;: &quot;pl4nted&quot;}", "{&quot;password&quot;: &quot;[hidden]&quot;}"),
        ("?next=http%3A%2F%2Fh%2F%3Ftoken%3Dpl4nted%26a%3D1", "?next=http%3A%2F%2Fh%2F%3Ftoken%3D[hidden]%26a%3D1"),
        ("?next=http%3A%2F%2Fann%3Apl4nted%40h%2F", "?next=http%3A%2F%2Fh%2F"),
        ('{"password": "pl4nted\\', '{"password": "[hidden]'),
        ('{"url": "http://h?token=pl4nted", "a": 1}', '{"url": "http://h?token=[hidden]", "a": 1}'),
    ],
)
def test_password_like_members_and_parameters_are_hidden_in_escaped_text(text: str, shown: str):
    assert redact_text(text) == shown


SLOW = [
    *(
        "\\",
        "%25",
        "secret",
        '"secret',
        "?secret",
        "&amp;",
        "AAAA",
        "...",
        "abcdefgh\n",
        '"a":',
        "Ã¤",
        "%c3%a4",
        '"a"  ',
    ),
    *("s3cret-k3y-", "s3cret-k3y...", "://", "://u:", '"token":"'),
]


@pytest.mark.parametrize("part", SLOW, ids=ascii)
def test_time_is_proportional_to_the_length(part: str):
    redactor = Redactor.of(["s3cret-k3y-0123456789" * 20, "a" * 2_000, 'pä"ss/wörd+'])
    text = part * (50_000 // len(part))
    begun = time.process_time()
    redactor.text(text)
    redact_text(text)
    redact_url(text)
    redact_values({text: text})
    assert time.process_time() - begun < 3, "a tenth is what most take; a quadratic search takes minutes for 200 kB"


def test_json_with_a_secret_stays_json():
    secret = 'a"b\\c=d/é'
    for name in ("Gson", "Jackson", "Python json", "PHP json_encode"):
        assert json.loads(Redactor.of([secret]).text(f'{{"a": "x{encoded(secret, name)}y"}}')) == {"a": f"x{HIDDEN}y"}
