//! Registering, proving an address, logging in, refreshing, logging out.
