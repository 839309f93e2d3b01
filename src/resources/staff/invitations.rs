//! Inviting people to work at a clinic. Who accepts is `auth::invitation`'s.

use poem::Request;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::model::{InvitationView, NewInvitation};
use super::{by, may_change, may_touch};
use crate::api::Tag;
use crate::api::answer::{Done, Listed, Made};
use crate::api::body::Body;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{CursorText, Language as LanguageTag, PersonName};
use crate::auth::caller::Bearer;
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::invitations::{self, Invitation};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::{Central, CentralTx, staff};
use crate::clinic::Caller;
use crate::error::Result;
use crate::ids::Role;
use crate::region::Language;
use crate::transaction;

/// The operations on invitations.
#[derive(Clone, Copy, Debug)]
pub struct Invitations;

#[OpenApi(prefix_path = "/api/v1/staff", tag = "Tag::Staff")]
impl Invitations {
    /// List open invitations
    ///
    /// Newest first; what has expired stands here too, since it can be sent again.
    #[oai(path = "/invitations", method = "get", operation_id = "staff_invitations_list")]
    async fn list(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        cursors: Data<&Cursors>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<InvitationView>>> {
        let caller = &bearer.0;
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[])?;
        let after = page.after.clone().map(|after| (after.key, after.id));
        let open = invitations::list(&central, caller.clinic(), after, page.rows() + 1).await?;
        let found = open.into_iter().map(InvitationView::from).collect();
        let after = |invitation: &InvitationView| After { key: invitation.created_at.to_rfc3339(), id: invitation.id };
        Ok(Listed(page.answer(found, after)?))
    }

    /// Invite somebody to work here
    ///
    /// Sends a mail with a link that is good for a week, in `language`, else in the clinic's. For admins and managers; only an admin
    /// invites an admin. There is no `Idempotency-Key`: while an invitation is open, another to the same address is 409
    /// `already_invited`, so that a repeated request sends nothing twice. Open invitations hold a seat of the subscription: 409
    /// `no_seat`.
    #[oai(path = "/invitations", method = "post", operation_id = "staff_invitations_create")]
    async fn create(
        &self,
        request: &Request,
        bearer: Bearer,
        central: Data<&Central>,
        body: Body<NewInvitation>,
    ) -> Result<Made<InvitationView>> {
        let (caller, visitor, new) = (&bearer.0, Visitor::of(request), body.value);
        let event = by(caller, &visitor, "invitation_sent");
        let outcome = transaction!(central.work(), |tx| invite(tx, caller, &new, &event).await);
        let invitation = audit::record_refusal(&central, &event, outcome).await?;
        let place = format!("/api/v1/staff/invitations/{}", invitation.id);
        Ok(Made(invitation.into(), place))
    }

    /// Read an open invitation
    ///
    /// One that was accepted or withdrawn is not found.
    #[oai(path = "/invitations/:id", method = "get", operation_id = "staff_invitations_find")]
    async fn find(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        /// The invitation.
        id: Path<Uuid>,
    ) -> Result<Listed<InvitationView>> {
        Ok(Listed(invitations::find(&central, bearer.0.clinic(), id.0).await?.into()))
    }

    /// Withdraw an invitation
    ///
    /// Its links lead nowhere any more, and its seat is free.
    #[oai(path = "/invitations/:id", method = "delete", operation_id = "staff_invitations_delete")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer,
        central: Data<&Central>,
        /// The invitation.
        id: Path<Uuid>,
    ) -> Result<Done> {
        let (caller, visitor) = (&bearer.0, Visitor::of(request));
        let event = by(caller, &visitor, "invitation_withdrawn");
        let outcome = transaction!(central.work(), |tx| {
            let (own, _) = may_change(tx, caller).await?;
            let role = invitations::open(tx, caller.clinic(), id.0).await?;
            may_touch(own, &role)?;
            invitations::withdraw(tx, id.0).await?;
            audit::record(tx, &event).await
        });
        audit::record_refusal(&central, &event, outcome).await?;
        Ok(Done)
    }

    /// Send an invitation again
    ///
    /// With a new link, good for another week; links sent before lead nowhere any more. At most five times an hour.
    #[oai(path = "/invitations/:id/resend", method = "post", operation_id = "staff_invitations_resend")]
    async fn resend(
        &self,
        request: &Request,
        bearer: Bearer,
        central: Data<&Central>,
        /// The invitation.
        id: Path<Uuid>,
    ) -> Result<Listed<InvitationView>> {
        let (caller, visitor) = (&bearer.0, Visitor::of(request));
        let event = by(caller, &visitor, "invitation_resent");
        let outcome = transaction!(central.work(), |tx| again(tx, caller, id.0, &event).await);
        let invitation = audit::record_refusal(&central, &event, outcome).await?;
        Ok(Listed(invitation.into()))
    }
}

async fn invite(tx: &mut CentralTx, caller: &Caller, new: &NewInvitation, event: &Event<'_>) -> Result<Invitation> {
    let clinic = caller.clinic();
    let (own, language) = may_change(tx, caller).await?;
    let role = Role::from(new.role).name();
    may_touch(own, role)?;
    let wanted = new.language.as_ref().and_then(|tag| Language::lookup(LanguageTag::as_str(tag)));
    let text = |name: &PersonName| name.as_str().to_owned();
    let entry = invitations::NewInvitation {
        email: new.email.as_str().to_owned(),
        email_normalized: new.email.normalized(),
        role,
        language: wanted.map_or(language, |language| language.tag().to_owned()),
        first_name: new.first_name.as_ref().map(text),
        last_name: new.last_name.as_ref().map(text),
    };
    // Whoever is invited already holds a seat, and is told so rather than that there is none.
    let invitation = invitations::insert(tx, clinic, caller.user(), &entry).await?;
    staff::seats_kept(tx, clinic).await?;
    send(tx, &invitation, event).await?;
    Ok(invitation)
}

async fn again(tx: &mut CentralTx, caller: &Caller, id: Uuid, event: &Event<'_>) -> Result<Invitation> {
    let clinic = caller.clinic();
    let (own, _) = may_change(tx, caller).await?;
    let role = invitations::open(tx, clinic, id).await?;
    may_touch(own, &role)?;
    let invitation = invitations::renew(tx, id).await?;
    // One that had expired takes a seat again.
    staff::seats_kept(tx, clinic).await?;
    send(tx, &invitation, event).await?;
    Ok(invitation)
}

async fn send(tx: &mut CentralTx, invitation: &Invitation, event: &Event<'_>) -> Result<()> {
    queue_mail(tx, Kind::Invitation, To::Invitation(invitation.id), event.clinic, &serde_json::json!({})).await?;
    audit::record(tx, event).await
}
