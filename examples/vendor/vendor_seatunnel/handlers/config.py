"""The operations tagged config. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel.contract import types


async def encrypt_config(*, request: Request[types.ConfigWithCredentials]) -> types.ConfigWithCredentials | Answer:
    """Encrypt the credentials of a job config: POST /encrypt-config.

    Clauses:
    - encrypt-config.encodes (MUST): With `base64` as `shade.identifier`, credentials are returned as the Base64
      text of their UTF-8 bytes, and the status is 200.
    - encrypt-config.rest-unchanged (MUST): Everything else in the config is returned unchanged, including keys with
      dots and unknown members.
    - encrypt-config.sensitive-keys (MUST): The values of keys that are spelled exactly as in the fact
      `sensitiveKeys` (here `username`, `password`, `auth`, `token`, `access_key`, `secret_key`), or as
      `shade.options` of the config adds them, are encrypted, and no others.
    - encrypt-config.sections (MUST): Credentials are encrypted directly within the plugins of the sections that the
      fact `sections` (here `source`, `sink`) lists, and nowhere else.
    - encrypt-config.no-algorithm (MUST): A config that names no algorithm, or the algorithm `default`, is returned
      unchanged.
    - encrypt-config.unknown-algorithm (SHOULD): A config that names an unknown algorithm is returned unchanged;
      names of algorithms are case-sensitive.
    - encrypt-config.other-kinds (SHOULD): A number, boolean or object as a credential is handled as the fact
      `nonTextValue` (here `server-error`) specifies, and a list as the fact `listValue` (here `by-item`) specifies;
      a null is left unchanged.
    - encrypt-config.encodes-again (SHOULD): A value that is already encrypted is encrypted again.
    - encrypt-config.missing-section (SHOULD): A config without `source` or `sink` is answered as the fact
      `shadeFailure` (here `server-error`) specifies. If either is an object, the status is 500.
    - encrypt-config.empty-section (MUST): A config whose `source` or `sink` is an empty list is answered with 400.
    - encrypt-config.missing-transform (SHOULD): The fact `addsTransform` (here `false`) specifies whether a config
      without `transform` is returned with an added one.
    """
    raise Unimplemented
