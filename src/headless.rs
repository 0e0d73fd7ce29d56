//! The faces without a screen: lines and JSON.
