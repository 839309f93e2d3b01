//! The one error that operations answer with. `http::problem` renders it (RFC 9457) and logs it, once.
//!
//! Invariant: what a variant carries for the client never quotes a row, a statement or a secret; the cause of an
//! [`ApiError::Internal`] goes to the log only.

use std::borrow::Cow;

use tokio_postgres::error::{DbError, SqlState};

/// Shorthand for what operations return.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// One invalid field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer into the body (RFC 6901), or `/query/<name>`, `/path/<name>`, `/header/<name>`.
    pub pointer: String,
    /// Machine-readable, stable.
    pub code: &'static str,
    /// What the rule is; never the value.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// An invalid field.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// Why an operation failed.
#[derive(Debug)]
pub enum ApiError {
    /// 400: the request cannot be read at all.
    BadRequest {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: Cow<'static, str>,
    },
    /// 401 with `WWW-Authenticate`.
    Unauthenticated {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// 403.
    Forbidden {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// 404, the same for what is absent, deleted, hidden, or another clinic's.
    NotFound,
    /// 404 where the path is right, and what it shows is yet to be made.
    NotYet {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// 405 with `Allow`.
    MethodNotAllowed {
        /// The methods that the path has.
        allow: String,
    },
    /// 409: the request is well-formed and collides with what is stored.
    Conflict {
        /// Stable code.
        code: &'static str,
        /// For people; nothing of the other row.
        detail: Cow<'static, str>,
        /// The field that collides.
        pointer: Option<&'static str>,
    },
    /// 409: it collides in several places, each of which is named.
    Conflicts {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: &'static str,
        /// The places, each with a code of its own.
        fields: Vec<FieldError>,
    },
    /// 412: `If-Match` names an older version.
    PreconditionFailed,
    /// 413.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 415.
    UnsupportedMediaType {
        /// The media type that the operation takes.
        expected: &'static str,
    },
    /// 422: all invalid fields at once.
    Invalid(Vec<FieldError>),
    /// 429 with `Retry-After`.
    RateLimited {
        /// Stable code.
        code: &'static str,
        /// Seconds.
        retry_after: u64,
    },
    /// 503 with `Retry-After`.
    Unavailable {
        /// Stable code.
        code: &'static str,
        /// Seconds.
        retry_after: u64,
    },
    /// 500: our defect. Its cause is logged and not told.
    Internal {
        /// `internal`, or `isolation_violation` when a wall of ours stopped a statement of ours.
        code: &'static str,
        /// For the log.
        cause: anyhow::Error,
    },
}

impl ApiError {
    /// 403 `forbidden`: the caller's role may not do this.
    pub const FORBIDDEN: Self =
        Self::Forbidden { code: "forbidden", detail: "Your role does not allow this operation." };

    /// A defect of ours, with its cause for the log.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal { code: "internal", cause: cause.into() }
    }

    /// Why, for the log and for operators; nothing that a client is told.
    #[must_use]
    pub fn into_cause(self) -> anyhow::Error {
        match self {
            Self::Internal { cause, .. } => cause,
            other => anyhow::anyhow!("{other}"),
        }
    }

    /// One invalid field.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// What the request refers to is not there: absent, archived and another clinic's alike.
    #[must_use]
    pub const fn missing(pointer: Option<&'static str>) -> Self {
        let ConstraintMessage { code, detail, .. } = ConstraintMessage::missing("", "");
        Self::Conflict { code, detail: Cow::Borrowed(detail), pointer }
    }

    /// The database is out of reach or out of connections.
    #[must_use]
    pub const fn unavailable(code: &'static str) -> Self {
        Self::Unavailable { code, retry_after: 2 }
    }
}

/// What a constraint's violation means to a client: 422 for a CHECK, 409 for the others. A resource adds its lines here
/// by [`ConstraintMessage`] in its own file; what no line names gets a general answer.
#[derive(Debug)]
pub struct ConstraintMessage {
    /// The constraint's name in the migrations.
    pub constraint: &'static str,
    /// Stable code of the answer.
    pub code: &'static str,
    /// For people.
    pub detail: &'static str,
    /// The field it is about.
    pub pointer: &'static str,
}

impl ConstraintMessage {
    /// A foreign key's: what the field refers to is not there.
    #[must_use]
    pub const fn missing(constraint: &'static str, pointer: &'static str) -> Self {
        let detail = "The request refers to something that does not exist.";
        Self { constraint, code: "reference_missing", detail, pointer }
    }
}

/// SQLSTATEs that the migrations raise themselves.
mod raised {
    /// The signed context was missing, malformed, forged, another clinic's, another role's or expired.
    pub const CONTEXT: [&str; 6] = ["MP001", "MP002", "MP003", "MP004", "MP005", "MP006"];
    /// An append-only table was changed.
    pub const APPEND_ONLY: &str = "MP007";
    /// A state machine's step that does not exist.
    pub const ILLEGAL_TRANSITION: [&str; 2] = ["MP020", "MP022"];
    /// A signed, finalised or issued row was changed.
    pub const IMMUTABLE: &str = "MP021";
}

/// Whether running the whole transaction again may succeed (deadlock, serialization failure).
#[must_use]
pub fn is_retryable(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .is_some_and(|code| *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE)
}

impl ApiError {
    /// Turns a database's refusal into an answer; `constraints` are the asking module's.
    #[must_use]
    pub fn from_postgres(error: tokio_postgres::Error, constraints: &[ConstraintMessage]) -> Self {
        let Some(database) = error.as_db_error() else {
            return if error.is_closed() || error.code().is_none() && is_io(&error) {
                Self::unavailable("database_unavailable")
            } else {
                Self::internal(error)
            };
        };
        let code = database.code();
        if raised::CONTEXT.contains(&code.code()) {
            return Self::Internal { code: "isolation_violation", cause: error.into() };
        }
        let name = database.constraint().unwrap_or_default();
        let message = constraints.iter().find(|message| message.constraint == name);
        let named = |fallback: fn() -> Self| {
            message.map_or_else(fallback, |message| Self::Conflict {
                code: message.code,
                detail: message.detail.into(),
                pointer: Some(message.pointer),
            })
        };
        match code.code() {
            state if raised::ILLEGAL_TRANSITION.contains(&state) => Self::Conflict {
                code: "illegal_transition",
                detail: "The resource is not in a state that allows this step.".into(),
                pointer: None,
            },
            state if state == raised::IMMUTABLE || state == raised::APPEND_ONLY => Self::Conflict {
                code: "immutable",
                detail: "What is signed, issued or logged cannot be changed.".into(),
                pointer: None,
            },
            _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => Self::FORBIDDEN,
            _ if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::EXCLUSION_VIOLATION => {
                named(|| Self::Conflict {
                    code: "conflict",
                    detail: "This collides with what is stored already.".into(),
                    pointer: None,
                })
            }
            _ if *code == SqlState::FOREIGN_KEY_VIOLATION => named(|| Self::missing(None)),
            _ if *code == SqlState::CHECK_VIOLATION => message.map_or_else(
                || Self::invalid("", "invalid", "A value is outside what is allowed."),
                |message| Self::invalid(message.pointer, message.code, message.detail),
            ),
            _ if *code == SqlState::DATETIME_FIELD_OVERFLOW => {
                Self::invalid("", "range", "A date is outside what is allowed.")
            }
            _ if *code == SqlState::TOO_MANY_CONNECTIONS
                || *code == SqlState::QUERY_CANCELED
                || *code == SqlState::LOCK_NOT_AVAILABLE
                || *code == SqlState::ADMIN_SHUTDOWN
                || *code == SqlState::CANNOT_CONNECT_NOW
                || is_retryable(&error) =>
            {
                Self::unavailable("database_busy")
            }
            _ => Self::internal(error),
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

impl From<tokio_postgres::Error> for ApiError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::from_postgres(error, &[])
    }
}

/// Classes of SQLSTATE (connection, authorization, no such database, no such object or right, resources, intervention) whose
/// messages name things and never quote a row.
const QUOTE_NO_ROW: [&str; 6] = ["08", "28", "3D", "42", "53", "57"];

/// A cause, for the log, the ledgers in central and the operator. What PostgreSQL says may quote rows, so that of most errors
/// only the code and the names of things are kept, and never the detail.
#[must_use]
pub fn describe(cause: &anyhow::Error) -> String {
    let parts = cause.chain().map(|error| {
        if let Some(postgres) = error.downcast_ref::<tokio_postgres::Error>() {
            return postgres.as_db_error().map_or_else(|| postgres.to_string(), describe_postgres);
        }
        match error.downcast_ref::<refinery::Error>().map(refinery::Error::kind) {
            // Its own text quotes the error below it.
            Some(refinery::error::Kind::Connection(doing, _)) => doing.clone(),
            _ if error.is::<DbError>() => String::new(),
            _ => error.to_string(),
        }
    });
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

fn describe_postgres(error: &DbError) -> String {
    let code = error.code().code();
    if code.get(..2).is_some_and(|class| QUOTE_NO_ROW.contains(&class)) {
        return format!("{} (SQLSTATE {code})", error.message());
    }
    format!(
        "SQLSTATE {code} table {} constraint {} routine {}",
        error.table().unwrap_or("-"),
        error.constraint().unwrap_or("-"),
        error.routine().unwrap_or("-"),
    )
}
