//! The node's daemon: the loop around the engine.
