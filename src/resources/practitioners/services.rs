//! Which services practitioners offer, and how long each takes for them.
//!
//! A statement about two things that are there, and nothing by itself: it has no id and no version, is made again without harm, and is
//! truly deleted.

use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::statements::MAKERS;
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::idempotency::{Kept, Once};
use crate::api::list::{After, Cursors, LIMITS, Limit, Page, seen};
use crate::api::text::{CursorText, IdempotencyKey, ProductName};
use crate::auth::caller::Bearer;
use crate::clinic::{Access, Clinics};
use crate::error::Result;
use crate::ids::Role;
use crate::sql;
use crate::transaction;

sql! { Clinic;
    /// A page of what a practitioner offers, by name.
    LIST by Role::ALL;
        "WITH page AS MATERIALIZED (
             SELECT s.id, s.name, o.duration_minutes, s.duration_minutes AS usual_minutes, s.sort_name
               FROM practitioner_services o JOIN products_services s ON s.company_id = o.company_id AND s.id = o.service_id
              WHERE o.company_id = $1 AND o.practitioner_id = $2 AND s.deleted_at IS NULL
                AND ($3::text IS NULL OR (s.sort_name, s.id) > ($3, $4::uuid))
              ORDER BY s.sort_name, s.id LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page.
        (seen!("practitioner_services", 5,
               of "EXISTS (SELECT FROM practitioners WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL)"));
    /// A practitioner offers a service, for so long.
    OFFER by MAKERS;
        "WITH offered AS (
             INSERT INTO practitioner_services (company_id, practitioner_id, service_id, duration_minutes)
             SELECT $1, p.id, s.id, $4
               FROM practitioners p JOIN products_services s ON s.company_id = p.company_id AND s.id = $3
              WHERE p.company_id = $1 AND p.id = $2 AND p.deleted_at IS NULL AND s.kind = 'service' AND s.deleted_at IS NULL
             ON CONFLICT (company_id, practitioner_id, service_id) DO UPDATE SET duration_minutes = excluded.duration_minutes
             RETURNING service_id, duration_minutes)
         SELECT s.id, s.name, o.duration_minutes, s.duration_minutes AS usual_minutes, s.sort_name
           FROM offered o JOIN products_services s ON s.company_id = $1 AND s.id = o.service_id";
    /// A practitioner offers it no more.
    WITHDRAW by MAKERS;
        "DELETE FROM practitioner_services WHERE company_id = $1 AND practitioner_id = $2 AND service_id = $3 RETURNING service_id";
}

/// A service, as a practitioner offers it.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct OfferedService {
    /// The service.
    pub id: Uuid,
    /// Its name.
    pub name: ProductName,
    /// How long it takes for this practitioner, where they say so; minutes.
    #[oai(skip_serializing_if_is_none)]
    pub duration_minutes: Option<i16>,
    /// How long it takes otherwise, where the catalogue says so; minutes.
    #[oai(skip_serializing_if_is_none)]
    pub usual_minutes: Option<i16>,
    /// Its place in the list.
    #[oai(skip)]
    pub sort_name: String,
}

impl Kept for OfferedService {
    fn shown(&self) -> Access {
        Access::read("practitioner_services", self.id, None)
    }
}

crate::from_row!(OfferedService { id, name, duration_minutes, usual_minutes, sort_name });

/// How a practitioner offers a service.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct Offer {
    /// How long it takes for them; as long as the catalogue says when absent. Minutes.
    #[oai(validator(minimum(value = "5"), maximum(value = "480")))]
    pub duration_minutes: Option<i16>,
}

/// The operations on what practitioners offer.
#[derive(Clone, Copy, Debug)]
pub struct Services;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Practitioners")]
impl Services {
    /// List what a practitioner offers
    ///
    /// By the services' names.
    #[oai(path = "/practitioners/:id/services", method = "get", operation_id = "practitioners_services_list")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The practitioner.
        id: Path<Uuid>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<OfferedService>>> {
        let caller = &bearer.0;
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&id.0.to_string()])?;
        let (key, last) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let statement = LIST.pick(&[page.bucket()]);
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.page(statement.clone(), &[&id.0, &key, &last, &page.rows()]).await?;
            let found = rows.iter().map(OfferedService::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |service| After { key: service.sort_name.clone(), id: service.id })
        })?;
        Ok(Listed(answer))
    }

    /// Offer a service
    ///
    /// Said again, it is said anew: with another duration, or without one of the practitioner's own.
    #[oai(
        path = "/practitioners/:id/services/:serviceId",
        method = "post",
        operation_id = "practitioners_services_offer"
    )]
    async fn offer(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The service.
        #[oai(name = "serviceId")]
        service_id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<Offer>,
    ) -> Result<Listed<OfferedService>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), service_id.0.as_bytes(), &body.raw]);
        let offered = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let row = tx.one(&OFFER, &[&id.0, &service_id.0, &body.value.duration_minutes]).await?;
            once.remember(tx, OfferedService::try_from(&row)?).await
        })?;
        Ok(Listed(offered))
    }

    /// Offer a service no more
    ///
    /// What was booked meanwhile stays.
    #[oai(
        path = "/practitioners/:id/services/:serviceId",
        method = "delete",
        operation_id = "practitioners_services_delete"
    )]
    async fn withdraw(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The service.
        #[oai(name = "serviceId")]
        service_id: Path<Uuid>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            tx.one(&WITHDRAW, &[&id.0, &service_id.0]).await?;
            Ok(())
        })?;
        Ok(Done)
    }
}

impl Example for Offer {
    fn example() -> Self {
        Self { duration_minutes: Some(45) }
    }
}

impl Example for OfferedService {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0009),
            name: "First consultation".parse().expect("a name"),
            duration_minutes: Some(45),
            usual_minutes: Some(30),
            sort_name: String::new(),
        }
    }
}
