"""Counting: which spans count for which SLI, and the counts; no other package names the SLO tables."""
