//! The README says what is true.
