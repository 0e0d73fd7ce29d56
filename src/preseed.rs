//! Answers as a file: read with line and column, written back.
