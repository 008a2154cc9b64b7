"""Intake: from the socket to the disk, and off the disk. It knows the warehouse only as a `SegmentStore`."""
