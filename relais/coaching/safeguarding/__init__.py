"""Safeguarding: words of danger, files of danger, volunteers. The program tells humans and keeps what they decide; it decides nothing."""
