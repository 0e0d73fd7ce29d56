//! What lies outside mcloud on this machine: the services and the host.
