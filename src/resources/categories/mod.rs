//! Categories: the tree by which a clinic sorts what it offers.
//!
//! The tree's shape (no ring, eight deep, nothing live below what is archived) is kept by a trigger, under a lock, so that two moves at once
//! cannot break it together.

mod model;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, LIMITS, Limit, Page, order, seen};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ConstraintMessage, Result};
use crate::ids::Role;
use crate::sql;
use crate::sql::{Clinic, Statement};
use crate::transaction;

pub use model::{Category, CategoryPatch, NewCategory, Sort};

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

/// A name is one category's among those beside it.
pub const NAME_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "categories_name_key",
    code: "category_name_taken",
    detail: "Another category beside it has this name.",
    pointer: "/name",
};

/// What it is to lie below is not there.
pub const PARENT_MISSING: ConstraintMessage = ConstraintMessage::missing("categories_parent_id_fkey", "/parentId");

/// A tree has no ring.
pub const RING: ConstraintMessage = ConstraintMessage {
    constraint: "categories_ring",
    code: "category_ring",
    detail: "is the category itself, or lies below it",
    pointer: "/parentId",
};

/// And an end.
pub const TOO_DEEP: ConstraintMessage = ConstraintMessage {
    constraint: "categories_depth",
    code: "category_too_deep",
    detail: "is too deep: categories lie eight deep at most",
    pointer: "/parentId",
};

/// What is archived holds nothing.
pub const IN_USE: ConstraintMessage = ConstraintMessage {
    constraint: "categories_in_use",
    code: "category_in_use",
    detail: "The category holds other categories or products.",
    pointer: "/id",
};

macro_rules! columns {
    () => {
        "id, parent_id, name, description, color, position, created_at, updated_at, deleted_at, version"
    };
}

sql! { Clinic;
    /// A page of categories, and the audit row of their being seen: by archive, order with its beginning, and size.
    LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM categories WHERE company_id = $1")),
        [" AND deleted_at IS NULL", " AND deleted_at IS NOT NULL"],
        [
            order!(2, 3; first, "position", "ASC"),
            order!(2, 3; after, "position", "int", ">", "ASC"),
            order!(2, 3; first, "position", "DESC"),
            order!(2, 3; after, "position", "int", "<", "DESC"),
            order!(2, 3; first, "name", "ASC"),
            order!(2, 3; after, "name", "text", ">", "ASC"),
            order!(2, 3; first, "name", "DESC"),
            order!(2, 3; after, "name", "text", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $4: the rows of the page.
        (seen!("categories", 4));
    /// One category, and the audit row of its being read.
    FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'categories', ARRAY[id], NULL)
                    FROM categories WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One category, held until the transaction ends; what refers to it need not wait.
    FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM categories WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE"));
    /// A new category.
    INSERT by WRITERS;
        (concat!("INSERT INTO categories (company_id, id, parent_id, name, description, color, position)
                  VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ", columns!()));
    /// Everything that a client may change.
    UPDATE by WRITERS;
        (concat!("UPDATE categories SET parent_id = $3, name = $4, description = $5, color = $6, position = $7
                   WHERE company_id = $1 AND id = $2 RETURNING ", columns!()));
    /// Archives a category.
    ARCHIVE by WRITERS;
        "UPDATE categories SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
    /// Brings an archived category back.
    RESTORE by WRITERS;
        (concat!("UPDATE categories SET deleted_at = NULL
                   WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL RETURNING ", columns!()));
}

/// The operations on categories.
#[derive(Clone, Copy, Debug)]
pub struct Categories;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Catalogue")]
impl Categories {
    /// List categories
    ///
    /// All of the tree, each with the one that it lies below; by position unless `sort` says otherwise.
    #[oai(path = "/categories", method = "get", operation_id = "categories_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// `true` lists the archived categories instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Category>>> {
        let caller = &bearer.0;
        let archived = archived.0.unwrap_or(false);
        let sort = sort.0.unwrap_or(Sort::Position);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&format!("{archived} {sort:?}")])?;
        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let statement = LIST.pick(&[usize::from(archived), order, page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.page(statement.clone(), &[&key, &id, &page.rows()]).await?;
            let found = rows.iter().map(Category::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |category| After { key: sort.key_of(category), id: category.id })
        })?;
        Ok(Listed(answer))
    }

    /// Make a category
    ///
    /// Eight deep at most.
    #[oai(path = "/categories", method = "post", operation_id = "categories_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is made twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewCategory>,
    ) -> Result<Created<Category>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let category = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let category = store(tx, &INSERT, Uuid::now_v7(), &body.value).await?;
            once.remember(tx, category).await
        })?;
        Ok(Created(category))
    }

    /// Read a category
    ///
    /// Reading is audited. An archived category is not found: see the list with `archived=true`.
    #[oai(path = "/categories/:id", method = "get", operation_id = "categories_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The category.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Category>> {
        let category =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Category::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(category, if_none_match.as_ref()))
    }

    /// Change or move a category
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. With another `parentId` it moves, and all that lies below it.
    #[oai(path = "/categories/:id", method = "patch", operation_id = "categories_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The category.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<CategoryPatch>,
    ) -> Result<Found<Category>> {
        let category = transaction!(clinics.write(&bearer.0), |tx| {
            let category = Category::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), category.version)?;
            store(tx, &UPDATE, id.0, &body.value.clone().applied(category)).await
        })?;
        Ok(Found(category))
    }

    /// Archive a category
    ///
    /// One that holds nothing: 409 `category_in_use` where categories or products are in it.
    #[oai(path = "/categories/:id", method = "delete", operation_id = "categories_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The category.
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

    /// Restore an archived category
    ///
    /// Where it lay; 409 while what it lay below is archived too.
    #[oai(path = "/categories/:id/restore", method = "post", operation_id = "categories_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The category.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Category>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let category = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let category = Category::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            once.remember(tx, category).await
        })?;
        Ok(Found(category))
    }
}

/// Writes all of a category's columns, by [`INSERT`] or [`UPDATE`].
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
    id: Uuid,
    new: &NewCategory,
) -> Result<Category> {
    let position = new.position.unwrap_or(0);
    let row = tx.one(statement, &[&id, &new.parent_id, &new.name, &new.description, &new.color, &position]).await?;
    Ok(Category::try_from(&row)?)
}
