"""Rooms that do I/O: each takes its clients as arguments and meets the others through its constructor."""
