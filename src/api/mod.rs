//! The contract's building blocks, which every operation uses: what comes in, and what goes out.
//!
//! | file | owns |
//! | --- | --- |
//! | `body` | the JSON body: size, depth, duplicate keys |
//! | `schema` | a body against its schema and its region's rules: all invalid fields at once |
//! | `day` | a day of the calendar |
//! | `text` | the text types of the contract: names, addresses, numbers; each checks itself |
//! | `list` | pages: limit, sealed cursor, answer |
//! | `answer` | found, created, unchanged, gone: status, `ETag`, `Location` |
//! | `idempotency` | `Idempotency-Key`: the same answer to a repeated request |
//! | `search` | how text is folded, sorted and found |

pub mod answer;
pub mod body;
pub mod day;
pub mod idempotency;
pub mod list;
pub mod schema;
pub mod search;
pub mod text;

/// The groups of operations in the spec.
#[derive(Debug, poem_openapi::Tags)]
pub enum Tag {
    /// Registering a clinic, proving an address, logging in and out.
    Auth,
    /// A clinic's own settings.
    Clinic,
    /// The people a clinic treats.
    Patients,
    /// Whether the server works.
    Health,
}
