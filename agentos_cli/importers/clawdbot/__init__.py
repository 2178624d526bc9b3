"""Reads a Clawdbot home (also Clawdis, Moltbot, OpenClaw): one file of code for each part of it."""
