"""Rooms that draw: data in, Block Kit out. They read no clock and call nobody."""
