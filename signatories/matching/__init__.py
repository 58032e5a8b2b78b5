"""What makes two names look like one body's: pure functions of names, with no database."""
