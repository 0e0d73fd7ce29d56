//! Who else is there: the place of the beacon, the roster and the multicast sockets.
