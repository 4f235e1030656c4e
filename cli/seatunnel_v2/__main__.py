"""`python -m seatunnel_v2` is the command."""

from seatunnel_v2.main import main

if __name__ == "__main__":
    main()
