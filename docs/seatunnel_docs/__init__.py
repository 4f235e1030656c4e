"""The documentation as a static site: the contract of every release, what is proved of it, and the guides.

    from seatunnel_docs.building import build

    build(Path("site"), exits=[])

The pages that say what is known are made from the contract, the suite and the recordings, so they can't fall behind.
"""
