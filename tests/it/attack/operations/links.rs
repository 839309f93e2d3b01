//! Links: of patients' appointments, and of practitioners' calendars.

use serde_json::json;
use uuid::Uuid;

use super::{BodyMaker, Entry, OwnMaker, Right, Thing, ThingMaker, Valid, claims, entry};
use crate::support::{Clinic, Person};

/// The token of a link to an appointment that can be confirmed, and cancelled.
const TOKEN: Valid = Valid::Of(BodyMaker(|clinic| {
    Box::pin(async move { json!({ "token": clinic.linked_appointment("Walk").await.token() }) })
}));

const CALENDAR: Thing = Thing::Of(ThingMaker(|clinic| {
    Box::pin(async move {
        let link = calendar_link(clinic, clinic.practitioner("Walk").await).await;
        crate::support::calendar_token(clinic.id, link)
    })
}));

/// A practitioner, whom a practitioner is themselves.
const PRACTITIONER: Thing =
    Thing::Own(OwnMaker(|clinic, person| Box::pin(async move { practitioner(clinic, person).await.to_string() })));

const CALENDAR_LINK: Thing = Thing::Own(OwnMaker(|clinic, person| {
    Box::pin(async move { calendar_link(clinic, practitioner(clinic, person).await).await.to_string() })
}));

async fn practitioner(clinic: &Clinic<'_>, person: &Person<'_>) -> Uuid {
    let user: Uuid = claims(&person.token)["userId"].as_str().unwrap().parse().unwrap();
    let own = "SELECT id FROM practitioners WHERE user_id = $1";
    match clinic.database().await.query_opt(own, &[&user]).await.unwrap() {
        Some(row) => row.get(0),
        None => clinic.practitioner_of(user, "Walk").await,
    }
}

async fn calendar_link(clinic: &Clinic<'_>, practitioner: Uuid) -> Uuid {
    clinic.calendar_link(practitioner).await
}

pub const ENTRIES: &[Entry] = &[
    entry("calendar_links_create", Right::Of("calendar links", 'W'), Valid::None, &[("id", PRACTITIONER)]),
    entry("calendar_links_delete", Right::Of("calendar links", 'W'), Valid::None, &[("id", CALENDAR_LINK)]),
    entry("calendar_links_list", Right::Of("calendar links", 'R'), Valid::None, &[("id", PRACTITIONER)]),
    entry("links_appointment", Right::Everybody, TOKEN, &[]),
    entry("links_appointment_cancel", Right::Everybody, TOKEN, &[]),
    entry("links_appointment_confirm", Right::Everybody, TOKEN, &[]),
    entry("links_calendar", Right::Everybody, Valid::None, &[("token", CALENDAR)]),
];
