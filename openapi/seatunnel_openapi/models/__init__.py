"""The shapes of requests and answers as Python types, a module for each release.

    from seatunnel_openapi.models.v2_3_10 import Overview

    overview: Overview = httpx.get(f"{url}/overview").json()

They are typed dicts: what `json()` returns is of these types as it stands, keys and all, and nothing is converted. The
modules are generated from the contracts; `make models` makes them anew.
"""
