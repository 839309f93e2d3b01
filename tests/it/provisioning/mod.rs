//! Making clinics' databases, and being killed while at it.
