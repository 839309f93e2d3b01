//! Staff: the people who work at a clinic. Their accounts and places lie in central, not in the clinic's database, so that who may
//! do what is decided here: everybody reads; admins and managers change, and managers no admin.
//!
//! Every change, and every one that was refused, is in central's audit log.

mod invitations;
mod model;

use poem::Request;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Listed, Tagged, expect_tag};
use crate::api::body::Body;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{CursorText, EntityTags};
use crate::auth::caller::{Bearer, Callers};
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::invitations as central_invitations;
use crate::central::sessions::{self, Which};
use crate::central::staff::{self, Member};
use crate::central::{Central, CentralTx};
use crate::clinic::Caller;
use crate::error::{ApiError, Result};
use crate::ids::{Role, SessionId, UserId};
use crate::transaction;

pub use invitations::Invitations;
pub use model::{InvitationView, MemberStatus, NewInvitation, StaffMember, StaffPatch, StaffRole};

/// The operations on staff.
#[derive(Clone, Copy, Debug)]
pub struct Staff;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Staff")]
impl Staff {
    /// List the staff
    ///
    /// Everybody who works at the clinic or did, first joined first.
    #[oai(path = "/staff", method = "get", operation_id = "staff_list")]
    async fn list(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        cursors: Data<&Cursors>,
        /// Only those with this status.
        status: Query<Option<MemberStatus>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<StaffMember>>> {
        let caller = &bearer.0;
        let status = status.0.map(MemberStatus::name);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[status.unwrap_or_default()])?;
        let after = page.after.clone().map(|after| (after.key, after.id));
        let members = staff::list(&central, caller.clinic(), status, after, page.rows() + 1).await?;
        let found = members.into_iter().map(StaffMember::from).collect();
        let after = |member: &StaffMember| After { key: member.since.to_rfc3339(), id: member.id };
        Ok(Listed(page.answer(found, after)?))
    }

    /// Read a staff member
    ///
    /// Whoever works at another clinic is not found. The `ETag` is of role and status.
    #[oai(path = "/staff/:id", method = "get", operation_id = "staff_find")]
    async fn find(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        /// The person.
        id: Path<Uuid>,
    ) -> Result<Tagged<StaffMember>> {
        Ok(tagged(staff::find(&central, bearer.0.clinic(), UserId(id.0)).await?))
    }

    /// Change a staff member's role or status
    ///
    /// For admins and managers; only an admin makes an admin or changes one. Nobody changes their own role. Deactivation ends the
    /// person's sessions at this clinic within a second; it, or a lesser role, withdraws whom they invited. A clinic keeps at least one active admin: 409 `last_admin`. To activate
    /// again takes a seat: 409 `no_seat`.
    #[oai(path = "/staff/:id", method = "patch", operation_id = "staff_update")]
    #[expect(clippy::too_many_arguments, reason = "one for each part of the request")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer,
        central: Data<&Central>,
        callers: Data<&Callers>,
        /// The person.
        id: Path<Uuid>,
        /// The role and status that the client has seen: 412 if they are not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<StaffPatch>,
    ) -> Result<Tagged<StaffMember>> {
        let (caller, visitor, user, patch) = (&bearer.0, Visitor::of(request), UserId(id.0), body.value);
        let outcome =
            transaction!(central.work(), |tx| change(tx, caller, &visitor, user, if_match.as_ref(), patch).await);
        // Whoever is not found is nobody of this clinic's.
        let found = (!matches!(outcome, Err(ApiError::NotFound))).then_some(user);
        let attempt = Event { user: found, ..by(caller, &visitor, patch.action()) };
        let (member, ended) = audit::record_refusal(&central, &attempt, outcome).await?;
        for session in ended {
            callers.forget(session);
        }
        Ok(tagged(member))
    }
}

fn tagged(member: Member) -> Tagged<StaffMember> {
    let tag = member.tag();
    Tagged(member.into(), tag)
}

/// An event of this caller's doing.
fn by<'a>(caller: &Caller, visitor: &'a Visitor, action: &'static str) -> Event<'a> {
    Event { clinic: Some(caller.clinic()), actor: Some(caller.user()), ..visitor.event(action) }
}

/// What the caller may do at this moment, for whoever may change staff. Locks the clinic: who is demoted meanwhile changes nothing.
async fn may_change(tx: &mut CentralTx, caller: &Caller) -> Result<(Role, String)> {
    if !matches!(caller.role(), Role::Admin | Role::Manager) {
        return Err(ApiError::FORBIDDEN);
    }
    let language = staff::lock(tx, caller.clinic()).await?;
    match staff::role(tx, caller.clinic(), caller.user()).await? {
        Some(role @ (Role::Admin | Role::Manager)) => Ok((role, language)),
        _ => Err(ApiError::FORBIDDEN),
    }
}

/// Holds that an admin is made and changed by admins only.
fn may_touch(own: Role, role: &str) -> Result<()> {
    if own == Role::Admin || role != Role::Admin.name() {
        return Ok(());
    }
    Err(ApiError::Forbidden { code: "admins_only", detail: "Only an administrator may do this with an administrator." })
}

async fn change(
    tx: &mut CentralTx,
    caller: &Caller,
    visitor: &Visitor,
    user: UserId,
    if_match: Option<&EntityTags>,
    patch: StaffPatch,
) -> Result<(Member, Vec<SessionId>)> {
    let clinic = caller.clinic();
    let (own, _) = may_change(tx, caller).await?;
    let member = staff::member(tx, clinic, user).await?;
    let role = patch.role.map_or(member.role.as_str(), |role| role.name());
    let status = patch.status.map_or(member.status.as_str(), |status| status.name());
    may_touch(own, &member.role)?;
    may_touch(own, role)?;
    if user == caller.user() && role != member.role {
        return Err(ApiError::Forbidden { code: "own_role", detail: "Nobody changes their own role." });
    }
    expect_tag(if_match, &member.tag())?;
    let (admin, active) = (Role::Admin.name(), MemberStatus::Active.name());
    if (member.role == admin && member.status == active) && (role != admin || status != active) {
        staff::another_admin(tx, clinic, user).await?;
    }
    if (role, status) != (&member.role, &member.status) {
        staff::update(tx, clinic, user, role, status).await?;
    }
    // Whom they invited must not outlast what they may do.
    if (role != member.role && role != admin) || status != active {
        central_invitations::withdraw_of(tx, user, Some(clinic)).await?;
    }
    if status == active && member.status != active {
        staff::seats_kept(tx, clinic).await?;
    }
    let mut ended = Vec::new();
    if role != member.role {
        audit::record(tx, &Event { user: Some(user), ..by(caller, visitor, "staff_role_changed") }).await?;
    }
    if status != member.status {
        let action = if status == active { "staff_reactivated" } else { "staff_deactivated" };
        audit::record(tx, &Event { user: Some(user), ..by(caller, visitor, action) }).await?;
        if status != active {
            let event = by(caller, visitor, "session_revoked");
            ended = sessions::revoke_of(tx, user, Which::At(clinic), "deactivated", &event).await?;
        }
    }
    Ok((staff::member(tx, clinic, user).await?, ended))
}
