"""Files that staff bring in: read, shown row by row, imported all or nothing, and undone."""
