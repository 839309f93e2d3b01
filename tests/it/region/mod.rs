//! What a country decides: whose numbers are right, and in which language a problem is told.

mod languages;
mod numbers;
mod texts;
