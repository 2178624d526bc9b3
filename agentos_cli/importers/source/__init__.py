"""The source on disk: found, walked and read without ever being written."""
