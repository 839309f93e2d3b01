//! From a link's token to a verified [`Link`]: the only place that makes one.
//!
//! A link is nobody's: what it opens is one appointment or one calendar, by functions made for that, under a role that no person
//! has. A person's token opens no link, and a link's no operation of a person's: they are made and read in different ways.
//!
//! Invariant: a token that is edited, of another kind, expired, or of a clinic that is suspended or unknown, is answered alike.

use std::sync::Arc;

use chrono::Utc;
use poem::Request;

use super::caller::asked;
use super::proxies::client_address;
use super::throttle::Throttle;
use crate::central::Central;
use crate::central::companies::{self, Status};
use crate::central::staff;
use crate::clinic::{Link, LinkKind, LinkToken};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, Role, UserId};
use crate::region::Locality;
use crate::secrets::MasterKeys;

pub use super::account::token_invalid;

/// Opens links, and makes those of calendars.
#[derive(Clone)]
pub struct Links {
    central: Central,
    keys: Arc<MasterKeys>,
    throttle: Arc<Throttle>,
    /// The server's address as people see it.
    public_url: String,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

/// What a token opens.
#[derive(Debug)]
pub struct Opened {
    /// The link.
    pub link: Link,
    country: String,
    language: String,
}

impl Opened {
    /// Has the answer follow the clinic's region and language; for a link that stands, so that one that does not is answered like none.
    pub fn speaks(&self, locality: &Locality) {
        locality.is_of_clinic(&self.country, &self.language);
    }
}

impl Links {
    /// With the address of the server as people see it.
    #[must_use]
    pub fn new(central: Central, keys: Arc<MasterKeys>, throttle: Arc<Throttle>, public_url: &str) -> Self {
        Self { central, keys, throttle, public_url: public_url.trim_end_matches('/').to_owned() }
    }

    /// The link of a token; none for a token that opens nothing. What does not open is counted by address; what does, by link: many
    /// calendars are fetched from few addresses.
    ///
    /// # Errors
    /// 429; or as central refuses.
    pub async fn open(&self, request: &Request, kind: LinkKind, token: &str) -> Result<Option<Opened>> {
        let Some(said) = LinkToken::open(&self.keys, kind, token, Utc::now()) else {
            self.throttle.link(client_address(request))?;
            return Ok(None);
        };
        self.throttle.link_of(said.id)?;
        let Some(door) = companies::door(&self.central, said.clinic).await? else { return Ok(None) };
        if Status::parse(&door.status)? != Status::Active {
            return Ok(None);
        }
        // From here on every line that is logged tells whose request it is.
        tracing::Span::current().record("clinic", tracing::field::display(said.clinic));
        let (id, operation) = asked(request);
        let link = Link::verified(said.clinic, said.id, id, operation, door.epoch);
        Ok(Some(Opened { link, country: door.country, language: door.language }))
    }

    /// Whether whoever made the link to a calendar may still share it; asked each time that it is fetched, so that a link ends with the
    /// place of its maker, at once. Practitioners share `own` calendars only. The roles are those of `calendar_links`.
    ///
    /// # Errors
    /// As central refuses.
    pub async fn may_share(&self, link: &Link, maker: UserId, own: bool) -> Result<bool> {
        Ok(match staff::standing(&self.central, link.clinic(), maker).await? {
            Some(Role::Admin | Role::Manager | Role::Secretary) => true,
            Some(Role::Practitioner) => own,
            Some(Role::Nurse | Role::Readonly) | None => false,
        })
    }

    /// Where a calendar program finds the calendar of a link.
    ///
    /// # Errors
    /// Internal when the token cannot be sealed.
    pub fn calendar_url(&self, clinic: ClinicId, id: uuid::Uuid) -> Result<String> {
        let token = LinkToken { clinic, id, expires: None };
        let token = token.seal(&self.keys, LinkKind::Calendar).map_err(ApiError::internal)?;
        Ok(format!("{}/api/v1/calendar.ics?token={token}", self.public_url))
    }
}
