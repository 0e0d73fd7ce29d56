//! Who may be believed: tokens, certificates, TLS.
