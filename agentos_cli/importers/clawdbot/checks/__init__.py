"""The items of HEARTBEAT.md, as checks that wait for a decision."""
