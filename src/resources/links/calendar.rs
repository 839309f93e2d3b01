//! `GET /calendar.ics`: a practitioner's calendar, for programs that can send no headers.
//!
//! It lies on phones and at third parties: an event has a time and a status, and nothing of a patient. Times are in UTC, which every
//! program tells in its reader's own zone, right across daylight saving; the same appointments make the same bytes, so that the
//! entity tag of an unchanged calendar stays.

use chrono::{DateTime, Duration, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};
use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{IntoResponse, Request, Response};
use poem_openapi::param::{Header, Query};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use uuid::Uuid;

use super::statements::CALENDAR;
use crate::api::Tag;
use crate::api::answer::{content_etag, is_known, text_header};
use crate::api::text::{EntityTags, OpaqueToken};
use crate::auth::link::Links;
use crate::clinic::{Clinics, LinkKind};
use crate::email::phrases;
use crate::error::{ApiError, Result};
use crate::ids::UserId;
use crate::region::Locality;
use crate::transaction;

const MEDIA_TYPE: &str = "text/calendar";
/// How often programs are asked to look.
const REFRESH: Duration = Duration::minutes(15);

/// What calendar programs fetch.
#[derive(Clone, Copy, Debug)]
pub struct CalendarFeed;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Links")]
impl CalendarFeed {
    /// Fetch a calendar by its link (public)
    ///
    /// iCalendar (RFC 5545), from thirty days ago to a year ahead. Calendar programs send no headers, so that the token is in the query:
    /// this server writes it into no log, and a proxy before it should not either. Events have times and a status: no
    /// patient and no reason. 404 once the link was revoked, or whoever made it may share this calendar no more, and for a token that is none.
    #[oai(path = "/calendar.ics", method = "get", operation_id = "links_calendar")]
    async fn calendar(
        &self,
        request: &Request,
        links: Data<&Links>,
        clinics: Data<&Clinics>,
        locality: Data<&Locality>,
        /// As in the link.
        token: Query<OpaqueToken>,
        /// The calendar that the program has: answered 304 if nothing has changed.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<CalendarFile> {
        let opened = links.open(request, LinkKind::Calendar, token.0.as_str()).await?.ok_or(ApiError::NotFound)?;
        let events = transaction!(clinics.link(&opened.link), |tx| {
            let rows = tx.rows(&CALENDAR, &[]).await?;
            // Refused here, so that nothing is on record as fetched that was not.
            let first = rows.first().ok_or(ApiError::NotFound)?;
            let (maker, own) = (UserId(first.try_get("made_by")?), first.try_get("own")?);
            if !links.may_share(&opened.link, maker, own).await? {
                return Err(ApiError::NotFound);
            }
            // The calendar of a link that stands may be empty: then its only row has no appointment.
            let mut events = Vec::new();
            for row in &rows {
                if row.try_get::<_, Option<Uuid>>("id")?.is_some() {
                    events.push(Entry::try_from(row)?);
                }
            }
            Ok(events)
        })?;
        opened.speaks(&locality);
        let keys = ["calendar-name", "calendar-event"].map(str::to_owned);
        let (_, words) = phrases(locality.language(), &keys).map_err(ApiError::internal)?;
        let [name, summary] = &words[..] else { return Err(ApiError::internal(anyhow::anyhow!("words are missing"))) };
        Ok(CalendarFile { body: written(&events, name, summary), if_none_match: if_none_match.0 })
    }
}

/// What a calendar tells of an appointment.
struct Entry {
    id: Uuid,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    status: String,
    updated_at: DateTime<Utc>,
    version: i32,
}

crate::from_row!(Entry { id, starts_at, ends_at, status, updated_at, version });

/// The calendar's bytes, of lines that end with CRLF and are folded at 75 octets.
fn written(entries: &[Entry], name: &str, summary: &str) -> String {
    let mut calendar = Calendar::empty();
    for (key, value) in [("VERSION", "2.0"), ("PRODID", "-//MedicalPro//MedicalPro//EN"), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(Property::new(key, value));
    }
    calendar.name(name).ttl(&REFRESH);
    for Entry { id, starts_at, ends_at, status, updated_at, version } in entries {
        let (status, takes_time) = match status.as_str() {
            "scheduled" => (EventStatus::Tentative, "OPAQUE"),
            "cancelled" | "no_show" => (EventStatus::Cancelled, "TRANSPARENT"),
            _ => (EventStatus::Confirmed, "OPAQUE"),
        };
        let mut event = Event::new();
        event
            .uid(&format!("{id}@medicalpro"))
            .summary(summary)
            .starts(*starts_at)
            .ends(*ends_at)
            .status(status)
            .add_property("TRANSP", takes_time)
            // In a calendar that is published, when its information was last changed (RFC 5545, section 3.8.7.2).
            .timestamp(*updated_at)
            .last_modified(*updated_at)
            .sequence(u32::try_from(version - 1).unwrap_or_default());
        calendar.push(event);
    }
    calendar.to_string()
}

/// 200 with the calendar, or 304 where the program has it.
#[derive(Debug)]
pub struct CalendarFile {
    body: String,
    if_none_match: Option<EntityTags>,
}

impl IntoResponse for CalendarFile {
    fn into_response(self) -> Response {
        let etag = content_etag(self.body.as_bytes());
        let response = Response::builder().header(header::ETAG, &etag);
        if is_known(self.if_none_match.as_ref(), &etag) {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response.content_type("text/calendar; charset=utf-8").body(self.body)
    }
}

impl ApiResponse for CalendarFile {
    fn meta() -> MetaResponses {
        let example = written(&[], "Appointments", "Appointment");
        let schema = MetaSchema { example: Some(example.into()), ..MetaSchema::new("string") };
        let file = MetaMediaType { content_type: MEDIA_TYPE, schema: MetaSchemaRef::Inline(Box::new(schema)) };
        let answer = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: vec![text_header("ETag", "Names this calendar, for `If-None-Match`.")],
        };
        MetaResponses {
            responses: vec![
                answer(200, "The calendar.", vec![file]),
                answer(304, "The calendar named in If-None-Match is the newest.", vec![]),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_crlf_and_none_is_longer_than_75_octets() {
        let at = DateTime::from_timestamp(1_795_699_800, 0).expect("a time");
        let (ends_at, status) = (at + Duration::minutes(30), "scheduled".to_owned());
        let entry = Entry { id: Uuid::now_v7(), starts_at: at, ends_at, status, updated_at: at, version: 1 };
        let long = "Rendez-vous à l’hôpital, très loin; ".repeat(5);
        let text = written(&[entry], &long, "Rendez-vous");
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{text}");
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains(&long.replace(',', "\\,").replace(';', "\\;")), "{unfolded}");
        assert!(unfolded.contains("\r\nDTSTART:20261126T133000Z\r\n"), "{unfolded}");
    }
}
