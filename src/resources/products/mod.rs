//! Products and services: what a clinic offers, what it costs, and what it has cost.
//!
//! A price is what it costs today: whoever sells copies it. The history of prices is written by a trigger, by nobody else.

mod model;
mod price;
mod statements;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::search::{bounds, fold};
use crate::api::tax;
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, SearchText};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ConstraintMessage, Result};
use crate::region::TaxCategory;
use crate::sql::{Clinic, Statement};
use crate::transaction;

use model::folded;
pub use model::{Kind, NewProduct, Product, ProductPatch, Sort};
pub use price::Price;
pub use statements::STATEMENTS;
use statements::{ARCHIVE, FIND, FIND_FOR_UPDATE, INSERT, KNOWN, LIST, PRICE_LIST, RESTORE, SET_CATEGORIES, UPDATE};

/// A code is one product's.
pub const CODE_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "products_services_code_key",
    code: "product_code_taken",
    detail: "Another product has this code.",
    pointer: "/code",
};

/// What is handed over takes no time.
pub const NO_DURATION: ConstraintMessage = ConstraintMessage {
    constraint: "products_services_duration_check",
    code: "not_a_service",
    detail: "is for services only",
    pointer: "/durationMinutes",
};

/// A period ends when it has begun.
pub const PERIOD: ConstraintMessage = ConstraintMessage {
    constraint: "products_services_available_check",
    code: "order",
    detail: "must not lie before the first day",
    pointer: "/availableUntil",
};

/// What it is to be in is not there.
pub const CATEGORY_MISSING: ConstraintMessage =
    ConstraintMessage::missing("product_categories_category_id_fkey", "/categoryIds");

/// The operations on products and services.
#[derive(Clone, Copy, Debug)]
pub struct Products;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Catalogue")]
impl Products {
    /// List and search products and services
    ///
    /// Sorted by name unless `sort` says otherwise. `q` finds by the beginning of name or code, accents and case aside.
    #[oai(path = "/products", method = "get", operation_id = "products_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// What name or code begin with.
        q: Query<Option<SearchText>>,
        /// Products only, or services only.
        kind: Query<Option<Kind>>,
        /// In this category, or in one below it.
        #[oai(name = "categoryId")]
        category_id: Query<Option<Uuid>>,
        /// Those that are offered at all, or those that are not.
        active: Query<Option<bool>>,
        /// Whose period holds this day.
        on: Query<Option<Day>>,
        /// `true` lists the archived products instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Product>>> {
        let caller = &bearer.0;
        let (archived, sort) = (archived.0.unwrap_or(false), sort.0.unwrap_or(Sort::Name));
        let (kind, category, active, on) = (kind.0.map(Kind::name), category_id.0, active.0, on.0);
        let sought = q.0.as_ref().map(|q| fold(q.as_str()));
        let filters = format!("{kind:?} {category:?} {active:?} {on:?} {archived} {sort:?}");
        let shape = [sought.as_deref().unwrap_or_default(), &filters];
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &shape)?;

        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let chosen = [kind.is_some(), category.is_some(), sought.is_some(), archived].map(usize::from);
        let statement = LIST.pick(&[&chosen[..], &[order, page.bucket()]].concat());
        let (low, high) = sought.map(bounds).unzip();
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx
                .page(statement.clone(), &[&active, &on, &kind, &category, &low, &high, &key, &id, &page.rows()])
                .await?;
            let found = rows.iter().map(Product::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |product| After { key: sort.key_of(product), id: product.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a product or service
    ///
    /// Its rate of tax is that of its category, as the clinic's settings have it, else its country.
    #[oai(path = "/products", method = "post", operation_id = "products_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewProduct>,
    ) -> Result<Created<Product>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let product = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let rate = tax::rate(tx, category_of(&body.value)).await?;
            let product = store(tx, &INSERT, Uuid::now_v7(), &body.value, rate).await?;
            once.remember(tx, product).await
        })?;
        Ok(Created(product))
    }

    /// Read a product or service
    ///
    /// Reading is audited. An archived one is not found: see the list with `archived=true`.
    #[oai(path = "/products/:id", method = "get", operation_id = "products_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The product.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Product>> {
        let product =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Product::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(product, if_none_match.as_ref()))
    }

    /// Change a product or service
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. Another price is for what is sold from now on.
    #[oai(path = "/products/:id", method = "patch", operation_id = "products_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The product.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<ProductPatch>,
    ) -> Result<Found<Product>> {
        let product = transaction!(clinics.write(&bearer.0), |tx| {
            let product = Product::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), product.version)?;
            let rate = match body.value.tax_category {
                Some(category) => tax::rate(tx, category).await?,
                None => product.tax_rate_bp,
            };
            store(tx, &UPDATE, id.0, &body.value.clone().applied(product), rate).await
        })?;
        Ok(Found(product))
    }

    /// Archive a product or service
    ///
    /// What was sold keeps it: an archived one is listed with `archived=true` and can be restored.
    #[oai(path = "/products/:id", method = "delete", operation_id = "products_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The product.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)
        })?;
        Ok(Done)
    }

    /// Restore an archived product or service
    ///
    /// It is found, changed and sold again, in those of its categories that are still there.
    #[oai(path = "/products/:id/restore", method = "post", operation_id = "products_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The product.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Product>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let product = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let product = Product::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            once.remember(tx, product).await
        })?;
        Ok(Found(product))
    }

    /// List what a product or service has cost
    ///
    /// Newest first: the first entry is today's price.
    #[oai(path = "/products/:id/prices", method = "get", operation_id = "products_prices")]
    async fn prices(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The product.
        id: Path<Uuid>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Price>>> {
        let caller = &bearer.0;
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&id.0.to_string()])?;
        let statement = PRICE_LIST.pick(&[usize::from(page.after.is_some()), page.bucket()]);
        let (key, after) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            tx.one(&KNOWN, &[&id.0]).await?;
            let rows = tx.page(statement.clone(), &[&id.0, &key, &after, &page.rows()]).await?;
            let found = rows.iter().map(Price::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |price| After { key: price.set_at.to_rfc3339(), id: price.id })
        })?;
        Ok(Listed(answer))
    }
}

/// Medical care, where nothing else is said.
fn category_of(new: &NewProduct) -> TaxCategory {
    new.tax_category.unwrap_or(TaxCategory::ExemptHealthcare)
}

/// Writes all of a product's columns, by [`INSERT`] or [`UPDATE`], and its categories where they are given.
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
    id: Uuid,
    new: &NewProduct,
    tax_rate_bp: i32,
) -> Result<Product> {
    let row = tx
        .one(
            statement,
            &[
                &id,
                &new.kind.name(),
                &new.code,
                &new.name,
                &new.description,
                &new.unit,
                &new.unit_price_cents,
                &category_of(new).name(),
                &tax_rate_bp,
                &new.duration_minutes,
                &new.preparation,
                &new.materials.as_deref().unwrap_or_default(),
                &new.available_from,
                &new.available_until,
                &new.active.unwrap_or(true),
                &folded(new.name.as_str(), 300),
                &new.code.as_ref().map(|code| folded(code.as_str(), 200)),
            ],
        )
        .await?;
    let mut product = Product::try_from(&row)?;
    if let Some(categories) = &new.category_ids {
        product.category_ids.clone_from(categories);
        product.category_ids.sort_unstable();
        product.category_ids.dedup();
        tx.rows(&SET_CATEGORIES, &[&id, &product.category_ids]).await?;
    }
    Ok(product)
}
