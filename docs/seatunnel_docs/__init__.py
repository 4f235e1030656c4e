"""Builds the documentation as a static site: the contract of every release, its evidence, and the guides.

    from seatunnel_docs.building import build

    build(Path("site"), exits=[])

The pages about the contract are generated from the contract, the suite and the recordings, so they are always current.
"""
