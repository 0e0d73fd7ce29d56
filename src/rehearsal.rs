//! The simulated Pis of a rehearsal.
