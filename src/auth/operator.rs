//! The platform's own people, as they ask: the only place that lets somebody pass for one of them.
//!
//! Invariant: an operator is no [`crate::clinic::Caller`] and cannot become one: nothing here leads to a clinic's database.

use poem::Request;
use poem_openapi::SecurityScheme;
use poem_openapi::auth;

use super::caller::{Reach, Whoever, verify};
use crate::error::{ApiError, Result};
use crate::ids::{PlatformRole, UserId};

/// The access token of one of the platform's own people: `Authorization: Bearer …`.
#[derive(SecurityScheme)]
#[oai(rename = "bearer", ty = "bearer", bearer_format = "JWT", checker = "check")]
pub struct Operator(pub Person);

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One of the platform's own people: token, session and second factor were checked.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    user: UserId,
    role: PlatformRole,
}

impl Person {
    /// Who.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Only those who may change something.
    ///
    /// # Errors
    /// 403.
    pub fn may_change(&self) -> Result<()> {
        match self.role {
            PlatformRole::SuperAdmin => Ok(()),
            PlatformRole::Support => Err(ApiError::FORBIDDEN),
        }
    }
}

async fn check(request: &Request, bearer: auth::Bearer) -> poem::Result<Person> {
    match verify(request, &bearer, Reach::Everything).await? {
        Whoever::Operator(seen) => Ok(Person { user: seen.user, role: seen.role }),
        Whoever::Caller(_) => Err(ApiError::FORBIDDEN.into()),
    }
}
