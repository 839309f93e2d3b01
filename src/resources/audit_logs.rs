//! Audit logs, to be read. So far that of identity, which is central's: who logged in, was invited, changed a password.
//!
//! Invariant: a clinic sees its own events, and of those that belong to no clinic the ones of people who work there, from when on
//! they do; and that somebody looked is an event too.

use chrono::{DateTime, Utc};
use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{AuditAction, CursorText};
use crate::auth::caller::Bearer;
use crate::auth::visitor::Visitor;
use crate::central::Central;
use crate::central::audit::{self, Entry, Event, Filter};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::transaction;

/// An event of an account, or of who works at the clinic.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct IdentityEvent {
    /// Grows.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What, such as `login` or `staff_role_changed`.
    pub action: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// Whose account, where it is known.
    #[oai(skip_serializing_if_is_none)]
    pub user_id: Option<Uuid>,
    /// Who did it, where it was not the person themselves.
    #[oai(skip_serializing_if_is_none)]
    pub actor_id: Option<Uuid>,
    /// The request.
    #[oai(skip_serializing_if_is_none)]
    pub request_id: Option<Uuid>,
    /// The network it came from; never a whole address.
    #[oai(skip_serializing_if_is_none)]
    pub network: Option<String>,
    /// Why it was refused, or what it was about.
    #[oai(skip_serializing_if_is_none)]
    pub detail: Option<String>,
}

impl From<Entry> for IdentityEvent {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, action, outcome, user_id, actor_id, request_id, network, detail } = entry;
        Self { id, at, action, outcome, user_id, actor_id, request_id, network, detail }
    }
}

/// The operations on audit logs.
#[derive(Clone, Copy, Debug)]
pub struct AuditLogs;

#[OpenApi(prefix_path = "/api/v1/audit-logs", tag = "Tag::Audit")]
impl AuditLogs {
    /// Read who logged in, and what became of accounts and staff
    ///
    /// Newest first. Successes and failures that belong to this clinic, or to the accounts of its people since they work here. For
    /// admins and managers; reading is an event too.
    #[oai(path = "/identity", method = "get", operation_id = "audit_logs_identity")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn identity(
        &self,
        request: &Request,
        bearer: Bearer,
        central: Data<&Central>,
        cursors: Data<&Cursors>,
        /// Only this action.
        action: Query<Option<AuditAction>>,
        /// Only what is about this person.
        #[oai(name = "userId")]
        user_id: Query<Option<Uuid>>,
        /// From then on.
        from: Query<Option<DateTime<Utc>>>,
        /// Before then.
        to: Query<Option<DateTime<Utc>>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<IdentityEvent>>> {
        let caller = &bearer.0;
        let visitor = Visitor::of(request);
        let (clinic, user) = (Some(caller.clinic()), Some(caller.user()));
        let event = Event { clinic, user, ..visitor.event("identity_audit_read") };
        let action = action.0.as_ref().map(AuditAction::as_str);
        let shape = format!("{action:?} {:?} {:?} {:?}", user_id.0, from.0, to.0);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&shape])?;
        let before = page.after.as_ref().map(|after| after.key.parse()).transpose().map_err(ApiError::internal)?;
        let filter = Filter { action, user: user_id.0, from: from.0, to: to.0, before };
        let outcome = transaction!(central.work(), |tx| {
            if !matches!(caller.role(), Role::Admin | Role::Manager) {
                return Err(ApiError::FORBIDDEN);
            }
            let entries = audit::list(tx, caller.clinic(), &filter, page.rows() + 1).await?;
            audit::record(tx, &event).await?;
            Ok(entries)
        });
        let entries = audit::record_refusal(&central, &event, outcome).await?;
        let found = entries.into_iter().map(IdentityEvent::from).collect();
        Ok(Listed(page.answer(found, |event| After { key: event.id.to_string(), id: Uuid::nil() })?))
    }
}

impl Example for IdentityEvent {
    fn example() -> Self {
        Self {
            id: 4711,
            at: DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600),
            action: "login".to_owned(),
            outcome: "failure".to_owned(),
            user_id: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005)),
            actor_id: None,
            request_id: Some(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0002)),
            network: Some("192.0.2.0/24".to_owned()),
            detail: Some("credentials_invalid".to_owned()),
        }
    }
}
