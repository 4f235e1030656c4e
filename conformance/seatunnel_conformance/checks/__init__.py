"""The checks: functions for clauses, in modules by group, and checks that are derived from operations (`derived`)."""
