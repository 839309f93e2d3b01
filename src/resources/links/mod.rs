//! What links open: an appointment for its patient, by a one-time link, and a practitioner's calendar for programs (`calendar`).
//!
//! Nobody logs in here: the token in the request is the right to what it opens (`auth::link`). What that is, is decided by functions
//! of the clinic's database, under `medicalpro_link`, which has a right to nothing else.

mod calendar;
mod model;
mod statements;

use poem::Request;
use poem::web::Data;
use poem_openapi::OpenApi;

use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::auth::link::{Links, token_invalid};
use crate::clinic::{ClinicTx, Clinics, Link, LinkKind, Write};
use crate::error::{ApiError, Result};
use crate::transaction;

pub use calendar::CalendarFeed;
use model::Shown;
pub use model::{LinkAnswer, LinkedAppointment, PatientToken};
pub use statements::STATEMENTS;
use statements::{ANSWER, APPOINTMENT};

/// What a patient does by the link of a mail.
#[derive(Clone, Copy, Debug)]
pub struct AppointmentLinks;

#[OpenApi(prefix_path = "/api/v1/links", tag = "Tag::Links")]
impl AppointmentLinks {
    /// See the appointment of a link (public)
    ///
    /// With the token of the mail; it can still be answered afterwards. It tells when, with whom and where, never what for. A token is
    /// good until the appointment begins; 422 `token_invalid` once that was moved, or called off by the clinic.
    #[oai(path = "/appointment", method = "post", operation_id = "links_appointment")]
    async fn show(
        &self,
        request: &Request,
        links: Data<&Links>,
        clinics: Data<&Clinics>,
        body: Body<PatientToken>,
    ) -> Result<Listed<LinkedAppointment>> {
        let link = opened(&links, request, &body.value).await?;
        let shown = transaction!(clinics.link(&link), |tx| shown(tx).await)?;
        Ok(Listed(LinkedAppointment::of(shown)?))
    }

    /// Confirm the appointment of a link (public)
    ///
    /// A link is good for one answer: then 409 `link_used`.
    #[oai(path = "/appointment/confirm", method = "post", operation_id = "links_appointment_confirm")]
    async fn confirm(
        &self,
        request: &Request,
        links: Data<&Links>,
        clinics: Data<&Clinics>,
        body: Body<PatientToken>,
    ) -> Result<Done> {
        let link = opened(&links, request, &body.value).await?;
        answer(&clinics, &link, LinkAnswer::Confirmed).await
    }

    /// Cancel the appointment of a link (public)
    ///
    /// A link is good for one answer: then 409 `link_used`. Nearer to the appointment than the clinic allows, 409 `too_late_to_cancel`.
    #[oai(path = "/appointment/cancel", method = "post", operation_id = "links_appointment_cancel")]
    async fn cancel(
        &self,
        request: &Request,
        links: Data<&Links>,
        clinics: Data<&Clinics>,
        body: Body<PatientToken>,
    ) -> Result<Done> {
        let link = opened(&links, request, &body.value).await?;
        answer(&clinics, &link, LinkAnswer::Cancelled).await
    }
}

async fn opened(links: &Links, request: &Request, presented: &PatientToken) -> Result<Link> {
    let link = links.open(request, LinkKind::Appointment, presented.token.as_str()).await?;
    link.map(|opened| opened.link).ok_or_else(token_invalid)
}

/// The appointment, as long as the link stands.
async fn shown(tx: &mut ClinicTx<Write>) -> Result<Shown> {
    let row = tx.row(&APPOINTMENT, &[]).await?.ok_or_else(token_invalid)?;
    let shown = Shown::try_from(&row)?;
    if shown.is_void() { Err(token_invalid()) } else { Ok(shown) }
}

/// Of many answers at once, one counts: the database decides, and says why only when one did not.
async fn answer(clinics: &Clinics, link: &Link, answer: LinkAnswer) -> Result<Done> {
    transaction!(clinics.link(link), |tx| {
        if tx.one(&ANSWER, &[&answer.name()]).await?.try_get("counted")? {
            return Ok(());
        }
        let conflict = |code, detail: &'static str| ApiError::Conflict { code, detail: detail.into(), pointer: None };
        let shown = shown(tx).await?;
        Err(if shown.answer.is_some() {
            conflict("link_used", "This link was used already.")
        } else if answer == LinkAnswer::Cancelled && !shown.cancellable {
            conflict("too_late_to_cancel", "It is too late to cancel the appointment here: please call the clinic.")
        } else {
            token_invalid()
        })
    })?;
    Ok(Done)
}
