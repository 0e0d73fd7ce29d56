//! The terminal as a device: opened, and given back whatever happens.
