//! One round trip.
