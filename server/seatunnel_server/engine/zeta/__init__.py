"""The engine adapter for a real cluster, which is called through its REST API V2, of any release."""
