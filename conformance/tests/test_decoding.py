"""A secret is hidden whatever a target has encoded it with, and nothing else is."""

import json
import time

import pytest
from encoders import BASE64, BY_LETTER
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from seatunnel_conformance.text.redaction import HIDDEN, Redactor, redact_text, redact_url, redact_values

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
    text = part * (200_000 // len(part))
    begun = time.process_time()
    redactor.text(text)
    redact_text(text)
    redact_url(text)
    redact_values({text: text})
    assert time.process_time() - begun < 6, "a tenth of that is what it takes; a quadratic search takes minutes"


def test_json_with_a_secret_stays_json():
    secret = 'a"b\\c=d/é'
    for name in ("Gson", "Jackson", "Python json", "PHP json_encode"):
        assert json.loads(Redactor.of([secret]).text(f'{{"a": "x{encoded(secret, name)}y"}}')) == {"a": f"x{HIDDEN}y"}
