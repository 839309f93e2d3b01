//! Appointments' items: what is proposed, agreed to and done, each on its own, at a price that was fixed as it was added.
//!
//! The path of an item, who may take which step, and that nothing changes of what was agreed to are kept by triggers.

mod model;
mod statements;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::idempotency::{Kept, Once};
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::money::{Amounts, Line};
use crate::api::tax;
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, ItemDescription, Quantity};
use crate::auth::caller::Bearer;
use crate::clinic::{Caller, ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, FieldError, Result};
use crate::region::TaxCategory;
use crate::transaction;

pub use model::{AppointmentItem, AppointmentItemPatch, NewAppointmentItem, Status};
pub use statements::STATEMENTS;
use statements::{DELETE, FIND, FIND_FOR_UPDATE, INSERT, KNOWN, LIST, OFFER, STEP, UPDATE};

/// What it is to be made of is not there.
pub const PRODUCT_MISSING: ConstraintMessage =
    ConstraintMessage::missing("appointment_items_product_id_fkey", "/productId");

/// The operations on appointments' items.
#[derive(Clone, Copy, Debug)]
pub struct AppointmentItems;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl AppointmentItems {
    /// List an appointment's items
    ///
    /// By position.
    #[oai(path = "/appointments/:id/items", method = "get", operation_id = "appointment_items_list")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The appointment.
        id: Path<Uuid>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<AppointmentItem>>> {
        let caller = &bearer.0;
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&id.0.to_string()])?;
        let statement = LIST.pick(&[usize::from(page.after.is_some()), page.bucket()]);
        let (key, after) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            tx.one(&KNOWN, &[&id.0]).await?;
            let rows = tx.page(statement.clone(), &[&id.0, &key, &after, &page.rows()]).await?;
            let found = rows.iter().map(AppointmentItem::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |item| After { key: item.position.to_string(), id: item.id })
        })?;
        Ok(Listed(answer))
    }

    /// Propose an item
    ///
    /// Of a product, which must be offered on the appointment's day (409 `product_not_offered`), or by hand. Price and tax stay as they are
    /// now, whatever the product costs later. 409 `illegal_transition` where the appointment was called off, or the patient did not come.
    #[oai(path = "/appointments/:id/items", method = "post", operation_id = "appointment_items_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewAppointmentItem>,
    ) -> Result<Created<AppointmentItem>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let item = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let new = &body.value;
            let offer = offer(tx, id.0, new).await?;
            let quantity = new.quantity.clone().map_or_else(one, Ok)?;
            let discount_bp = new.discount_bp.unwrap_or(0);
            let Offer { unit_price_cents, tax_rate_bp, .. } = offer;
            bounded(Line { quantity: &quantity, unit_price_cents, discount_bp, tax_rate_bp }.amounts())?;
            let row = tx
                .one(
                    &INSERT,
                    &[
                        &Uuid::now_v7(),
                        &id.0,
                        &new.product_id,
                        &new.position,
                        &new.description.as_ref().unwrap_or(&offer.description),
                        &quantity,
                        &unit_price_cents,
                        &discount_bp,
                        &offer.tax_category,
                        &tax_rate_bp,
                    ],
                )
                .await?;
            once.remember(tx, AppointmentItem::try_from(&row)?).await
        })?;
        Ok(Created(item))
    }

    /// Read an item
    ///
    /// Reading is audited.
    #[oai(path = "/appointment-items/:id", method = "get", operation_id = "appointment_items_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<AppointmentItem>> {
        let item = transaction!(clinics.read(&bearer.0), |tx| Ok(AppointmentItem::try_from(
            &tx.only(&FIND, &[&id.0]).await?
        )?))?;
        Ok(Read::of(item, if_none_match.as_ref()))
    }

    /// Change a proposal
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. Of what the patient has answered only the position changes: 409 `immutable`.
    #[oai(path = "/appointment-items/:id", method = "patch", operation_id = "appointment_items_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<AppointmentItemPatch>,
    ) -> Result<Found<AppointmentItem>> {
        let item = transaction!(clinics.write(&bearer.0), |tx| {
            let item = AppointmentItem::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), item.version)?;
            let change = &body.value;
            let mut discount_bp = Some(item.discount_bp);
            change.discount_bp.update_to(&mut discount_bp);
            let discount_bp = discount_bp.unwrap_or(0);
            let quantity = change.quantity.as_ref().unwrap_or(&item.quantity);
            bounded(item.amounts(quantity, discount_bp))?;
            let position = change.position.unwrap_or(item.position);
            let description = change.description.as_ref().unwrap_or(&item.description);
            let row = tx.one(&UPDATE, &[&id.0, &position, description, quantity, &discount_bp]).await?;
            Ok(AppointmentItem::try_from(&row)?)
        })?;
        Ok(Found(item))
    }

    /// Take a proposal back
    ///
    /// What the patient has answered stays: 409 `immutable`.
    #[oai(path = "/appointment-items/:id", method = "delete", operation_id = "appointment_items_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&DELETE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)
        })?;
        Ok(Done)
    }

    /// The patient agrees
    ///
    /// From then on nothing of the item changes; a quote can be drawn from it.
    #[oai(path = "/appointment-items/:id/accept", method = "post", operation_id = "appointment_items_accept")]
    async fn accept(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<AppointmentItem>> {
        step(&clinics, &bearer.0, id.0, key.as_ref(), Status::Accepted).await
    }

    /// The patient does not agree
    ///
    /// From then on nothing of the item changes.
    #[oai(path = "/appointment-items/:id/refuse", method = "post", operation_id = "appointment_items_refuse")]
    async fn refuse(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<AppointmentItem>> {
        step(&clinics, &bearer.0, id.0, key.as_ref(), Status::Refused).await
    }

    /// It was done
    ///
    /// Of what the patient has agreed to; for those who treat, or run the clinic.
    #[oai(path = "/appointment-items/:id/complete", method = "post", operation_id = "appointment_items_complete")]
    async fn complete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The item.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<AppointmentItem>> {
        step(&clinics, &bearer.0, id.0, key.as_ref(), Status::Completed).await
    }
}

async fn step(
    clinics: &Clinics,
    caller: &Caller,
    id: Uuid,
    key: Option<&IdempotencyKey>,
    status: Status,
) -> Result<Found<AppointmentItem>> {
    let once = Once::new(caller, key, &[id.as_bytes()]);
    let item = transaction!(clinics.write(caller), |tx| {
        if let Some(answered) = once.answered(tx).await? {
            return Ok(answered);
        }
        let found = AppointmentItem::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id]).await?)?;
        // Said again, it changes nothing: neither version nor when it was changed.
        let item = if found.status == status {
            tx.record_access(found.shown());
            found
        } else {
            AppointmentItem::try_from(&tx.one(&STEP, &[&id, &status.name()]).await?)?
        };
        once.remember(tx, item).await
    })?;
    Ok(Found(item))
}

/// What an item is by its product, or by hand.
struct Offer {
    description: ItemDescription,
    unit_price_cents: i64,
    tax_category: String,
    tax_rate_bp: i32,
}

async fn offer(tx: &mut ClinicTx<Write>, appointment: Uuid, new: &NewAppointmentItem) -> Result<Offer> {
    let row = tx.one(&OFFER, &[&appointment, &new.product_id]).await?;
    if ["cancelled", "no_show"].contains(&row.try_get("status")?) {
        return Err(ApiError::Conflict {
            code: "illegal_transition",
            detail: "The resource is not in a state that allows this step.".into(),
            pointer: None,
        });
    }
    if new.product_id.is_none() {
        return by_hand(tx, new).await;
    }
    let decided = [(new.unit_price_cents.is_some(), "/unitPriceCents"), (new.tax_category.is_some(), "/taxCategory")];
    let decided: Vec<_> = decided.into_iter().filter(|(given, _)| *given).map(|(_, pointer)| pointer).collect();
    if !decided.is_empty() {
        let error = |pointer| FieldError::new(pointer, "product_decides", "is the product's: leave it out");
        return Err(ApiError::Invalid(decided.into_iter().map(error).collect()));
    }
    match row.try_get("offered")? {
        None => Err(ApiError::Conflict {
            code: PRODUCT_MISSING.code,
            detail: PRODUCT_MISSING.detail.into(),
            pointer: Some(PRODUCT_MISSING.pointer),
        }),
        Some(false) => Err(ApiError::Conflict {
            code: "product_not_offered",
            detail: "The product is not offered on the appointment's day.".into(),
            pointer: Some("/productId"),
        }),
        Some(true) => Ok(Offer {
            description: row.try_get("name")?,
            unit_price_cents: row.try_get("unit_price_cents")?,
            tax_category: row.try_get("tax_category")?,
            tax_rate_bp: row.try_get("tax_rate_bp")?,
        }),
    }
}

async fn by_hand(tx: &mut ClinicTx<Write>, new: &NewAppointmentItem) -> Result<Offer> {
    let missing = |pointer| FieldError::new(pointer, "required", "is required where there is no product");
    let (Some(description), Some(unit_price_cents)) = (&new.description, new.unit_price_cents) else {
        let fields = [(new.description.is_none(), "/description"), (new.unit_price_cents.is_none(), "/unitPriceCents")];
        let absent = fields.into_iter().filter(|(absent, _)| *absent);
        return Err(ApiError::Invalid(absent.map(|(_, pointer)| missing(pointer)).collect()));
    };
    let category = new.tax_category.unwrap_or(TaxCategory::ExemptHealthcare);
    let tax_rate_bp = tax::rate(tx, category).await?;
    let (description, tax_category) = (description.clone(), category.name().to_owned());
    Ok(Offer { description, unit_price_cents, tax_category, tax_rate_bp })
}

fn one() -> Result<Quantity> {
    "1".parse().map_err(|rule| ApiError::internal(anyhow::anyhow!("1 {rule}")))
}

/// What no document could hold is not proposed.
fn bounded(amounts: Amounts) -> Result<()> {
    if amounts.is_bounded() {
        Ok(())
    } else {
        Err(ApiError::invalid("/quantity", "range", "is outside the allowed range"))
    }
}
