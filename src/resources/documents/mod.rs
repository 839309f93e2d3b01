//! Documents: so far the drawing of a quote from what was agreed to at an appointment, and reading it.
//!
//! Invariant: what was agreed to is on one quote that counts, and on no other. Whoever draws one holds the appointment meanwhile.

mod model;
mod statements;

use std::collections::BTreeMap;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use poem_openapi::types::ToJSON as _;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Read};
use crate::api::idempotency::Once;
use crate::api::money::{Amounts, Line};
use crate::api::text::{EntityTags, IdempotencyKey, Quantity};
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::{ApiError, Result};
use crate::transaction;

pub use model::{Document, DocumentItem, Kind, Status, TaxTotal};
pub use statements::STATEMENTS;
use statements::{AGREED, FIND, HOLD, INSERT_LINES, INSERT_QUOTE, MADE};

/// The operations on documents.
#[derive(Clone, Copy, Debug)]
pub struct Documents;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Documents")]
impl Documents {
    /// Draw a quote from an appointment
    ///
    /// A draft, of the items that the patient has accepted and that are on no quote yet: 409 `nothing_accepted` where there are none. A quote
    /// that was rejected, cancelled or deleted does not count. 409 `quote_too_large` where they come to more than one can hold.
    #[oai(path = "/appointments/:id/quote", method = "post", operation_id = "documents_draw_quote")]
    async fn draw_quote(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The appointment.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike and nothing is drawn twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Created<Document>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let document = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            tx.one(&HOLD, &[&id.0]).await?;
            // Only now: what somebody else has drawn meanwhile is seen.
            let agreed = tx.rows(&AGREED, &[&id.0]).await?.iter().map(Agreed::of).collect::<Result<Vec<_>>>()?;
            if agreed.is_empty() {
                return Err(ApiError::Conflict {
                    code: "nothing_accepted",
                    detail: "The patient has accepted nothing that is on no quote yet.".into(),
                    pointer: None,
                });
            }
            let quote = Uuid::now_v7();
            let all: Amounts = agreed.iter().map(|item| item.amounts).sum();
            if !all.is_bounded() {
                return Err(ApiError::Conflict {
                    code: "quote_too_large",
                    detail: "What the patient has accepted comes to more than a quote can hold.".into(),
                    pointer: None,
                });
            }
            let Amounts { net_cents, tax_cents } = all;
            let taxes = by_rate(&agreed).to_json();
            tx.rows(&INSERT_QUOTE, &[&quote, &id.0, &net_cents, &tax_cents, &taxes]).await?;
            let lines: Vec<Uuid> = agreed.iter().map(|_| Uuid::now_v7()).collect();
            let items: Vec<Uuid> = agreed.iter().map(|item| item.id).collect();
            let (net, tax): (Vec<i64>, Vec<i64>) =
                agreed.iter().map(|item| (item.amounts.net_cents, item.amounts.tax_cents)).unzip();
            tx.rows(&INSERT_LINES, &[&quote, &lines, &items, &net, &tax]).await?;
            let document = Document::try_from(&tx.one(&MADE, &[&quote]).await?)?;
            once.remember(tx, document).await
        })?;
        Ok(Created(document))
    }

    /// Read a document
    ///
    /// Reading is audited.
    #[oai(path = "/documents/:id", method = "get", operation_id = "documents_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The document.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Document>> {
        let document =
            transaction!(clinics.read(&bearer.0), |tx| Document::try_from(&tx.only(&FIND, &[&id.0]).await?))?;
        Ok(Read::of(document, if_none_match.as_ref()))
    }
}

/// An item that was agreed to.
struct Agreed {
    id: Uuid,
    tax_rate_bp: i32,
    amounts: Amounts,
}

impl Agreed {
    fn of(row: &Row) -> Result<Self> {
        let quantity: Quantity = row.try_get("quantity")?;
        let tax_rate_bp = row.try_get("tax_rate_bp")?;
        let line = Line {
            quantity: &quantity,
            unit_price_cents: row.try_get("unit_price_cents")?,
            discount_bp: row.try_get("discount_bp")?,
            tax_rate_bp,
        };
        Ok(Self { id: row.try_get("id")?, tax_rate_bp, amounts: line.amounts() })
    }
}

/// What the lines of each rate come to, lowest rate first.
fn by_rate(lines: &[Agreed]) -> Vec<TaxTotal> {
    let mut rates = BTreeMap::<i32, Vec<Amounts>>::new();
    for line in lines {
        rates.entry(line.tax_rate_bp).or_default().push(line.amounts);
    }
    let total = |(tax_rate_bp, lines): (i32, Vec<Amounts>)| {
        let Amounts { net_cents, tax_cents } = lines.into_iter().sum();
        TaxTotal { tax_rate_bp, net_cents, tax_cents }
    };
    rates.into_iter().map(total).collect()
}
