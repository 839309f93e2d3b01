//! The SQL of products and services. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, order, seen};
use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, kind, code, name, description, unit, unit_price_cents, tax_category, tax_rate_bp, duration_minutes, preparation, materials,
         available_from, available_until, active, created_at, updated_at, deleted_at, version,
         (SELECT currency FROM clinic_settings WHERE company_id = $1) AS currency,
         ARRAY(SELECT l.category_id
                 FROM product_categories l JOIN categories c ON c.company_id = l.company_id AND c.id = l.category_id
                WHERE l.company_id = $1 AND l.product_id = products_services.id AND c.deleted_at IS NULL
                ORDER BY l.category_id) AS category_ids"
    };
}

sql! { Clinic;
    /// A page of products, and the audit row of their being seen: by kind, category, search, archive, order with its beginning, and size.
    /// Filters by activity and day are looked at row by row.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM products_services
                   WHERE company_id = $1 AND ($2::bool IS NULL OR active = $2)
                     AND ($3::date IS NULL OR COALESCE(available_from, '-infinity') <= $3 AND COALESCE(available_until, 'infinity') >= $3)")),
        [" AND $4::text IS NULL", " AND kind = $4::text"],
        [
            " AND $5::uuid IS NULL",
            " AND id = ANY (ARRAY(
                WITH RECURSIVE below AS (
                    SELECT id FROM categories WHERE company_id = $1 AND id = $5::uuid AND deleted_at IS NULL
                    UNION
                    SELECT c.id FROM below JOIN categories c ON c.company_id = $1 AND c.parent_id = below.id AND c.deleted_at IS NULL
                )
                SELECT l.product_id FROM below JOIN product_categories l ON l.company_id = $1 AND l.category_id = below.id))",
        ],
        [
            " AND $6::text IS NULL AND $7::text IS NULL",
            // The two ranges apart, so that each has its index.
            " AND id = ANY (ARRAY(SELECT id FROM products_services WHERE company_id = $1 AND sort_name >= $6::text AND sort_name < $7::text
                                   UNION
                                  SELECT id FROM products_services WHERE company_id = $1 AND sort_code >= $6::text AND sort_code < $7::text))",
        ],
        [" AND deleted_at IS NULL", " AND deleted_at IS NOT NULL"],
        [
            order!(8, 9; first, "sort_name", "ASC"),
            order!(8, 9; after, "sort_name", "text", ">", "ASC"),
            order!(8, 9; first, "sort_name", "DESC"),
            order!(8, 9; after, "sort_name", "text", "<", "DESC"),
            order!(8, 9; first, "created_at", "ASC"),
            order!(8, 9; after, "created_at", "timestamptz", ">", "ASC"),
            order!(8, 9; first, "created_at", "DESC"),
            order!(8, 9; after, "created_at", "timestamptz", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $10: the rows of the page.
        (seen!("products_services", 10));
    /// One product, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'products_services', ARRAY[id], NULL)
                    FROM products_services WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One product, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM products_services
                   WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE OF products_services"));
    /// A new product.
    pub(super) INSERT by WRITERS;
        (concat!(
            "INSERT INTO products_services (company_id, id, kind, code, name, description, unit, unit_price_cents, tax_category, tax_rate_bp,
                                            duration_minutes, preparation, materials, available_from, available_until, active,
                                            sort_name, sort_code)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
             RETURNING ", columns!()
        ));
    /// Everything that a client may change; the kind is what it was.
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE products_services
                SET code = $4, name = $5, description = $6, unit = $7, unit_price_cents = $8, tax_category = $9, tax_rate_bp = $10,
                    duration_minutes = $11, preparation = $12, materials = $13, available_from = $14, available_until = $15, active = $16,
                    sort_name = $17, sort_code = $18
              WHERE company_id = $1 AND id = $2 AND kind = $3
             RETURNING ", columns!()
        ));
    /// The categories that a product is in, in place of those before; those of them that are archived stay.
    pub(super) SET_CATEGORIES by WRITERS;
        "WITH gone AS (DELETE FROM product_categories l USING categories c
                        WHERE l.company_id = $1 AND l.product_id = $2 AND l.category_id <> ALL ($3::uuid[])
                          AND c.company_id = $1 AND c.id = l.category_id AND c.deleted_at IS NULL)
         INSERT INTO product_categories (company_id, product_id, category_id) SELECT $1, $2, category FROM unnest($3::uuid[]) AS category
         ON CONFLICT DO NOTHING";
    /// Archives a product: what was sold names it.
    pub(super) ARCHIVE by WRITERS;
        "UPDATE products_services SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
    /// Brings an archived product back.
    pub(super) RESTORE by WRITERS;
        (concat!("UPDATE products_services SET deleted_at = NULL
                   WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL RETURNING ", columns!()));
    /// Whether there is such a product.
    pub(super) KNOWN by Role::ALL;
        "SELECT FROM products_services WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL";
    /// A page of what a product has cost, newest first, and the audit row of their being seen.
    pub(super) PRICE_LIST by Role::ALL;
        "WITH page AS MATERIALIZED (
             SELECT id, unit_price_cents, tax_category, tax_rate_bp, set_by, set_at,
                    (SELECT currency FROM clinic_settings WHERE company_id = $1) AS currency
               FROM product_prices WHERE company_id = $1 AND product_id = $2",
        [
            order!(3, 4; first, "set_at", "DESC"),
            order!(3, 4; after, "set_at", "timestamptz", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page.
        (seen!("product_prices", 5));
}
