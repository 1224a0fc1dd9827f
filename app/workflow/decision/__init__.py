"""Decision tables: read and checked, cells understood, decided, gaps and overlaps found."""
