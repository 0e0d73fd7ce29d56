//! JSON lines with a length limit and a version: the one codec of faces and agents.
