"""The engine adapter for a real cluster of any release, which it calls through REST API V2."""
