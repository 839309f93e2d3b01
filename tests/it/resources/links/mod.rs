//! What links open, and what they do not.

mod appointment;
mod calendar;
mod tokens;
