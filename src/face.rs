//! The full-screen face: console, screens and the wire client in one loop.
