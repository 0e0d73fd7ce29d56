//! A node of its own: the daemon starts with the first face, stays, and later faces attach to it.
