//! The contract's building blocks, which every operation uses: what comes in, and what goes out.
//!
//! | file | owns |
//! | --- | --- |
//! | `body` | the JSON body: size, depth, duplicate keys |
//! | `csv` | tables as files: read strictly, written so that no spreadsheet runs them, streamed piece by piece |
//! | `events` | an answer that goes on: server-sent events |
//! | `schema` | a body against its schema and its region's rules: all invalid fields at once |
//! | `day` | a day of the calendar |
//! | `hours` | when a place is open in a week |
//! | `address` | a postal address |
//! | `time_of_day` | a time of the clock |
//! | `text` | the text types of the contract: names, addresses, numbers; each checks itself |
//! | `list` | pages: limit, sealed cursor, answer |
//! | `answer` | found, created, unchanged, gone: status, `ETag`, `Location` |
//! | `hold` | the token of a held slot, as it is stored |
//! | `money` | a line's amounts, exactly, and by which rule they are rounded |
//! | `tax` | the rate of a tax category at a clinic |
//! | `idempotency` | `Idempotency-Key`: the same answer to a repeated request |
//! | `search` | how text is folded, sorted and found |

pub mod address;
pub mod answer;
pub mod body;
pub mod csv;
pub mod day;
pub mod events;
pub mod hold;
pub mod hours;
pub mod idempotency;
pub mod list;
pub mod money;
pub mod schema;
pub mod search;
pub mod tax;
pub mod text;
pub mod time_of_day;

/// The groups of operations in the spec.
#[derive(Debug, poem_openapi::Tags)]
pub enum Tag {
    /// Registering a clinic, proving an address, logging in and out.
    Auth,
    /// The people who work at a clinic, and who is invited to.
    Staff,
    /// Those of them who treat patients.
    Practitioners,
    /// A clinic's own settings, its places, and when it is closed.
    Clinic,
    /// The people a clinic treats.
    Patients,
    /// Who sees whom, when and where.
    Appointments,
    /// When somebody is free, and keeping that for a moment.
    Slots,
    /// What a clinic offers, and what it costs.
    Catalogue,
    /// Quotes, invoices and credit notes.
    Documents,
    /// What links open that patients and calendar programs hold.
    Links,
    /// Who did what.
    Audit,
    /// For those who run the platform: no clinic's data.
    Platform,
    /// Whether the server works.
    Health,
}
