-- What the clinic offers and sells, and how it is sorted.

CREATE TABLE categories (
    company_id  uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    parent_id   uuid        CHECK (parent_id <> id),
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description text        CHECK (length(description) <= 2000),
    color       text        CHECK (color ~ '^#[0-9a-f]{6}$'),
    position    int         NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int         NOT NULL DEFAULT 1,
    deleted_at  timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT categories_parent_id_fkey FOREIGN KEY (company_id, parent_id) REFERENCES categories
);
CREATE UNIQUE INDEX categories_name_key      ON categories (company_id, COALESCE(parent_id, company_id), name) WHERE deleted_at IS NULL;
CREATE INDEX        categories_parent_id_idx ON categories (company_id, parent_id);
CREATE INDEX        categories_position_idx  ON categories (company_id, position, id);
CREATE INDEX        categories_by_name_idx   ON categories (company_id, name, id);
SELECT app.protect('categories',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

-- A tree: no ring, eight deep at most, nothing live below what is archived. Whoever changes it waits for whoever else does, since two moves
-- that are each right may make a ring together: all hold the clinic's row meanwhile, advisory locks being nobody's here.
CREATE FUNCTION app.keep_tree() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held  boolean;
    alive boolean;
    ring  boolean;
    depth int;
BEGIN
    EXECUTE format('SELECT FROM %I.clinic_settings s WHERE s.company_id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA) USING NEW.company_id;
    IF NEW.deleted_at IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.categories c
                                        WHERE c.company_id = $1 AND c.parent_id = $2 AND c.deleted_at IS NULL)
                            OR EXISTS (SELECT FROM %1$I.product_categories l
                                         JOIN %1$I.products_services p ON p.company_id = l.company_id AND p.id = l.product_id
                                        WHERE l.company_id = $1 AND l.category_id = $2 AND p.deleted_at IS NULL)', TG_TABLE_SCHEMA)
           INTO held USING NEW.company_id, NEW.id;
        IF held THEN
            RAISE EXCEPTION 'a category that holds something is not archived'
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'categories_in_use', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.parent_id IS NULL AND TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    EXECUTE format('WITH RECURSIVE up AS (
                        SELECT c.id, c.parent_id, c.deleted_at, 1 AS depth FROM %1$I.categories c WHERE c.company_id = $1 AND c.id = $3
                        UNION ALL
                        SELECT c.id, c.parent_id, c.deleted_at, up.depth + 1
                          FROM up JOIN %1$I.categories c ON c.company_id = $1 AND c.id = up.parent_id
                         WHERE up.depth < 9 AND up.id <> $2
                    ), down AS (
                        SELECT $2 AS id, 1 AS depth
                        UNION ALL
                        SELECT c.id, down.depth + 1
                          FROM down JOIN %1$I.categories c ON c.company_id = $1 AND c.parent_id = down.id AND c.deleted_at IS NULL
                         WHERE down.depth < 9
                    )
                    SELECT $3 IS NULL OR EXISTS (SELECT FROM up WHERE up.depth = 1 AND up.deleted_at IS NULL),
                           EXISTS (SELECT FROM up WHERE up.id = $2),
                           (SELECT COALESCE(max(up.depth), 0) FROM up) + (SELECT max(down.depth) FROM down)', TG_TABLE_SCHEMA)
       INTO alive, ring, depth USING NEW.company_id, NEW.id, NEW.parent_id;
    IF NOT alive THEN
        RAISE EXCEPTION 'there is no such category' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'categories_parent_id_fkey', TABLE = TG_TABLE_NAME;
    ELSIF ring THEN
        RAISE EXCEPTION 'a category does not lie below itself' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'categories_ring', TABLE = TG_TABLE_NAME;
    ELSIF depth > 8 THEN
        RAISE EXCEPTION 'categories lie eight deep at most' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'categories_depth', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tree       BEFORE INSERT                           ON categories FOR EACH ROW EXECUTE FUNCTION app.keep_tree();
CREATE TRIGGER tree_moved BEFORE UPDATE OF parent_id, deleted_at ON categories FOR EACH ROW
    WHEN ((OLD.parent_id, OLD.deleted_at) IS DISTINCT FROM (NEW.parent_id, NEW.deleted_at)) EXECUTE FUNCTION app.keep_tree();

-- A price is what it costs today: appointments and documents copy it.
CREATE TABLE products_services (
    company_id       uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id               uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind             text        NOT NULL CHECK (kind IN ('product', 'service')),
    code             text        CHECK (length(code) BETWEEN 1 AND 50),
    name             text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description      text        CHECK (length(description) <= 5000),
    unit             text        CHECK (length(unit) <= 30),
    unit_price_cents bigint      NOT NULL CHECK (unit_price_cents BETWEEN 0 AND 100000000000),   -- net, minor units
    tax_category     text        NOT NULL DEFAULT 'exempt_healthcare' CHECK (length(tax_category) BETWEEN 1 AND 50),   -- a region's word
    tax_rate_bp      int         NOT NULL DEFAULT 0 CHECK (tax_rate_bp BETWEEN 0 AND 10000),     -- basis points: 2000 is 20 %
    duration_minutes smallint    CHECK (duration_minutes BETWEEN 1 AND 1440),
    preparation      text        CHECK (length(preparation) <= 5000),                            -- what the patient does before
    materials        text[]      NOT NULL DEFAULT '{}'
                                 CHECK (cardinality(materials) <= 50 AND length(array_to_string(materials, '')) <= 10000),
    available_from   date,
    available_until  date,                                                                       -- inclusive
    active           boolean     NOT NULL DEFAULT true,
    sort_name        text        COLLATE "C" NOT NULL CHECK (length(sort_name) <= 300),          -- folded by Rust
    sort_code        text        COLLATE "C" CHECK (length(sort_code) <= 200),                   -- likewise
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    version          int         NOT NULL DEFAULT 1,
    deleted_at       timestamptz,
    PRIMARY KEY (company_id, id),
    CONSTRAINT products_services_duration_check  CHECK (kind = 'service' OR duration_minutes IS NULL),
    CONSTRAINT products_services_available_check CHECK (available_from <= available_until)
);
CREATE UNIQUE INDEX products_services_code_key       ON products_services (company_id, code) WHERE deleted_at IS NULL;
CREATE INDEX        products_services_sort_name_idx  ON products_services (company_id, sort_name, id);
CREATE INDEX        products_services_kind_idx       ON products_services (company_id, kind, sort_name, id);
CREATE INDEX        products_services_sort_code_idx  ON products_services (company_id, sort_code, id);
CREATE INDEX        products_services_created_at_idx ON products_services (company_id, created_at, id);
SELECT app.protect('products_services',
    admin => 'RWD', manager => 'RWD', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

-- A link has nothing to keep: it is deleted, and its audit row names the product.
CREATE TABLE product_categories (
    company_id  uuid NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    product_id  uuid NOT NULL,
    category_id uuid NOT NULL,
    PRIMARY KEY (company_id, product_id, category_id),
    CONSTRAINT product_categories_product_id_fkey  FOREIGN KEY (company_id, product_id)  REFERENCES products_services,
    CONSTRAINT product_categories_category_id_fkey FOREIGN KEY (company_id, category_id) REFERENCES categories
);
CREATE INDEX product_categories_category_id_idx ON product_categories (company_id, category_id, product_id);
SELECT app.protect('product_categories', audit_id => 'product_id', fixed => '{product_id,category_id}',
    admin => 'RCX', manager => 'RCX', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

-- Nothing is filed under what is archived: whoever files waits for whoever archives.
CREATE FUNCTION app.require_category() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    alive boolean;
BEGIN
    EXECUTE format('SELECT FROM %I.clinic_settings s WHERE s.company_id = $1 FOR SHARE', TG_TABLE_SCHEMA) USING NEW.company_id;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.categories c WHERE c.company_id = $1 AND c.id = $2 AND c.deleted_at IS NULL)',
                   TG_TABLE_SCHEMA)
       INTO alive USING NEW.company_id, NEW.category_id;
    IF NOT alive THEN
        RAISE EXCEPTION 'there is no such category' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'product_categories_category_id_fkey', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER live BEFORE INSERT ON product_categories FOR EACH ROW EXECUTE FUNCTION app.require_category();

-- What it cost before, and who said so: written by the trigger below, by nobody else.
CREATE TABLE product_prices (
    company_id       uuid        NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    id               uuid        NOT NULL DEFAULT gen_random_uuid(),
    product_id       uuid        NOT NULL,
    unit_price_cents bigint      NOT NULL,
    tax_category     text        NOT NULL,
    tax_rate_bp      int         NOT NULL,
    set_by           uuid        NOT NULL DEFAULT app.user_id(),
    set_at           timestamptz NOT NULL DEFAULT clock_timestamp(),                              -- in the order of the row's lock
    PRIMARY KEY (company_id, id),
    CONSTRAINT product_prices_product_id_fkey FOREIGN KEY (company_id, product_id) REFERENCES products_services
);
CREATE INDEX product_prices_product_id_idx ON product_prices (company_id, product_id, set_at, id);
SELECT app.protect('product_prices', audited => false,
    admin => 'R', manager => 'R', practitioner => 'R', nurse => 'R', secretary => 'R', readonly => 'R');

CREATE FUNCTION app.keep_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.product_prices (product_id, unit_price_cents, tax_category, tax_rate_bp) VALUES ($1, $2, $3, $4)',
                   TG_TABLE_SCHEMA)
      USING NEW.id, NEW.unit_price_cents, NEW.tax_category, NEW.tax_rate_bp;
    RETURN NULL;
END $$;
CREATE TRIGGER first_price AFTER INSERT ON products_services FOR EACH ROW EXECUTE FUNCTION app.keep_price();
CREATE TRIGGER next_price  AFTER UPDATE ON products_services FOR EACH ROW
    WHEN ((OLD.unit_price_cents, OLD.tax_category, OLD.tax_rate_bp)
          IS DISTINCT FROM (NEW.unit_price_cents, NEW.tax_category, NEW.tax_rate_bp))
    EXECUTE FUNCTION app.keep_price();

-- Who offers a service, and how long they take for it.
CREATE TABLE practitioner_services (
    company_id       uuid     NOT NULL DEFAULT app.clinic_id() CHECK (company_id = app.clinic_id()),
    practitioner_id  uuid     NOT NULL,
    service_id       uuid     NOT NULL,
    duration_minutes smallint CHECK (duration_minutes BETWEEN 5 AND 480),                         -- NULL: the service's
    PRIMARY KEY (company_id, practitioner_id, service_id),
    CONSTRAINT practitioner_services_practitioner_id_fkey FOREIGN KEY (company_id, practitioner_id) REFERENCES practitioners,
    CONSTRAINT practitioner_services_service_id_fkey      FOREIGN KEY (company_id, service_id)      REFERENCES products_services
);
CREATE INDEX practitioner_services_service_id_idx ON practitioner_services (company_id, service_id, practitioner_id);
SELECT app.protect('practitioner_services', audit_id => 'practitioner_id', fixed => '{practitioner_id,service_id}',
    admin => 'RWX', manager => 'RWX', practitioner => 'R', nurse => 'R', secretary => 'RWX', readonly => 'R');
