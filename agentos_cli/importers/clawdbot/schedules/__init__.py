"""Cron jobs as paused schedules, with their run history."""
