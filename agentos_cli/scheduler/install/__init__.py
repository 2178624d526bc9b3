"""What wakes the house: the texts that make systemd, cron or launchd call `agentos tick` every minute."""
