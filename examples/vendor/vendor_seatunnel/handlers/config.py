"""The operations tagged config: yours to write. New ones are appended; nothing else is changed."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel.contract import types


async def encrypt_config(*, request: Request[types.ConfigWithCredentials]) -> types.ConfigWithCredentials | Answer:
    """Encrypt the credentials of a job config: POST /encrypt-config.

    What the conformance suite holds it to:
    - encrypt-config.encodes (MUST): With `base64` as `shade.identifier` credentials come back as the Base64 text of
      their UTF-8 bytes, and the status is 200.
    - encrypt-config.rest-unchanged (MUST): Everything else of the config comes back as it was, keys with dots and
      unknown members included.
    - encrypt-config.sensitive-keys (MUST): The values under the keys that the fact `sensitiveKeys` names, and under
      those that `shade.options` of the config adds, are encrypted, in this very spelling, and no others.
    - encrypt-config.sections (MUST): Credentials are encrypted directly within the plugins of the sections that the
      fact `sections` names, and nowhere else.
    - encrypt-config.no-algorithm (MUST): A config that names no algorithm, or the algorithm `default`, comes back
      as it was.
    - encrypt-config.unknown-algorithm (SHOULD): A config that names an algorithm that is not known, letter case
      included, comes back as it was.
    - encrypt-config.other-kinds (SHOULD): A number, truth value or object under such a key is taken as the fact
      `nonTextValue` says, a list as the fact `listValue` says, and a null is left.
    - encrypt-config.encodes-again (SHOULD): What is encrypted already is encrypted once more.
    - encrypt-config.missing-section (SHOULD): A config without `source` or `sink`, or one in which they are no
      lists of objects, is answered with 500.
    - encrypt-config.empty-section (MUST): A config whose `source` or `sink` is an empty list is answered with 400.
    - encrypt-config.missing-transform (SHOULD): A config without `transform` comes back with or without one as the
      fact `addsTransform` says.
    """
    raise Unimplemented
