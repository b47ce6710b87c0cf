"""Lines to records: which format a log has, and what each of its lines says."""
