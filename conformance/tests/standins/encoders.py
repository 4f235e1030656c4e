"""Encoders of text, as the documentation of libraries in other languages specifies them."""

import base64
import html
import json
from collections.abc import Callable
from html.entities import codepoint2name
from string import ascii_letters, digits
from typing import Final, TypeAlias

Encoder: TypeAlias = Callable[[str], str]


def percent(kept: str, *, plus: bool = False) -> Encoder:
    """Return an encoder for URLs that keeps letters, digits and `kept`; with `plus`, a blank becomes a plus sign."""

    def encode(letter: str) -> str:
        if letter == " " and plus:
            return "+"
        plain = letter in ascii_letters or letter in digits or letter in kept
        return letter if plain else "".join(f"%{byte:02X}" for byte in letter.encode())

    return lambda text: "".join(map(encode, text))


def json_with(escaped: str, *, ascii_only: bool = False) -> Encoder:
    """Return an encoder of JSON that also escapes `escaped`, as serializers that are safe in HTML do."""

    def encode(letter: str) -> str:
        if letter in escaped:
            return f"\\u{ord(letter):04x}"
        return json.dumps(letter, ensure_ascii=ascii_only)[1:-1]

    return lambda text: "".join(map(encode, text))


def each(encode: Encoder) -> Encoder:
    """Return an encoder of each letter."""
    return lambda text: "".join(map(encode, text))


def _units(letter: str) -> str:
    units = letter.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _named(letter: str) -> str:
    return f"&{codepoint2name[ord(letter)]};" if ord(letter) in codepoint2name else letter


BY_LETTER: Final = {
    "java.net.URLEncoder": percent(".-*_", plus=True),
    "encodeURIComponent": percent("-_.!~*'()"),
    "encodeURI": percent(";,/?:@&=+$-_.!~*'()#"),
    "Go url.QueryEscape": percent("-_.~", plus=True),
    "Python urllib.parse.quote": percent("/-_.~"),
    "percent, lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "Gson": json_with("<>&='\u2028\u2029"),
    "Go encoding/json": json_with("<>&\u2028\u2029"),
    "Jackson": json_with(""),
    "Python json": json_with("", ascii_only=True),
    "PHP json_encode": lambda text: json_with("", ascii_only=True)(text).replace("/", "\\/"),
    "UTF-16 escapes": each(_units),
    "UTF-16 escapes, upper case": each(lambda letter: _units(letter).upper().replace("\\U", "\\u")),
    "Python repr": lambda text: repr(f'"{text}')[2:-1] if "'" in text else repr(text)[1:-1],
    "html.escape": html.escape,
    "Go html.EscapeString": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "HTML named": each(_named),
    "HTML decimal": each(lambda letter: f"&#{ord(letter)};"),
    "HTML hexadecimal": each(lambda letter: f"&#x{ord(letter):X};"),
    "UTF-8 as ISO-8859-1": lambda text: text.encode().decode("latin-1"),
}
"""Encoders that encode letter by letter, so that a text within another one is encoded as it is alone."""


def _wrapped(width: int, end: str, alphabet: Callable[[bytes], bytes] = base64.b64encode) -> Encoder:
    def encode(text: str) -> str:
        whole = alphabet(text.encode()).decode()
        return end.join(whole[at : at + width] for at in range(0, len(whole), width))

    return encode


BASE64: Final = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, URL-safe, not padded": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64, MIME": _wrapped(76, "\r\n"),
    "base64, PEM": _wrapped(64, "\n"),
}
"""Encoders of whole texts: what a text within another one becomes depends on where it begins there."""
