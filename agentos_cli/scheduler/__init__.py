"""Finds out what is due, and has each due slot done once: everything here does its work once and returns."""
