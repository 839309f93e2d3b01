-- Once per PostgreSQL server, in database `postgres`, as its administrator. May be run again at any time: it creates what
-- is missing, re-asserts the attributes that matter and changes nothing else. LOGIN roles are born without a password,
-- which under scram-sha-256 means that nobody can log in as them; Rust hands over the SCRAM verifiers afterwards.

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT * FROM (VALUES
        -- Owns the two functions that make and drop a clinic's login. It alone holds CREATEROLE, and nobody logs in as it:
        -- on PostgreSQL 15 a role with CREATEROLE can grant itself pg_execute_server_program.
        ('medicalpro_rolemaker',     'NOLOGIN NOINHERIT CREATEROLE NOCREATEDB'),
        -- The worker process. Owns the databases, and reaches what is inside them by SET ROLE only.
        ('medicalpro_provisioner',   'LOGIN NOINHERIT NOCREATEROLE CREATEDB'),
        -- The API process: the central database, nothing else.
        ('medicalpro_api',           'LOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        -- pg_dump. Never given to a server process.
        ('medicalpro_backup',        'LOGIN INHERIT NOCREATEROLE NOCREATEDB'),
        -- Owners of what is inside: clinic databases, their audit trail, central.
        ('medicalpro_owner',         'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_audit',         'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_central_owner', 'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        -- Session roles, one for each job; a clinic's login may take any of them, the signed context says which one counts.
        ('medicalpro_admin',         'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_manager',       'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_practitioner',  'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_nurse',         'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_secretary',     'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_readonly',      'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),
        ('medicalpro_worker',        'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB'),   -- background jobs
        ('medicalpro_link',          'NOLOGIN NOINHERIT NOCREATEROLE NOCREATEDB')    -- a patient's or a calendar's link
    ) AS r (name, attributes)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
        ELSE
            EXECUTE format('ALTER ROLE %I %s', wanted.name, wanted.attributes);
        END IF;
    END LOOP;
END $$;

-- A dump must see every row. Only a superuser (or, from 16 on, a holder of BYPASSRLS) can say so.
DO $$
BEGIN
    ALTER ROLE medicalpro_backup BYPASSRLS;
    GRANT pg_read_all_data TO medicalpro_backup;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'medicalpro_backup cannot bypass row security here: back up with the server''s own snapshots (%)', SQLERRM;
END $$;

-- An administrator who is no superuser (managed PostgreSQL) must be able to act for the owners. From 16 on the creator of a
-- role holds ADMIN on it, so that it may grant itself the rest.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        GRANT medicalpro_rolemaker, medicalpro_provisioner, medicalpro_owner, medicalpro_audit, medicalpro_central_owner
           TO CURRENT_USER;
    END IF;
END $$;

-- Plain GRANTs: members are NOINHERIT, so that 15 and 16+ agree (SET ROLE, and nothing without it).
GRANT medicalpro_owner, medicalpro_audit, medicalpro_central_owner TO medicalpro_provisioner;
-- Granting a role on takes ADMIN; since 16 CREATEROLE is not enough.
GRANT medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary,
      medicalpro_readonly, medicalpro_worker, medicalpro_link
   TO medicalpro_rolemaker WITH ADMIN OPTION;

-- PUBLIC includes every clinic's login.
DO $$
DECLARE
    open_to_all name;
BEGIN
    FOREACH open_to_all IN ARRAY ARRAY['postgres', 'template0', 'template1']::name[] LOOP
        BEGIN
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', open_to_all);
        EXCEPTION WHEN insufficient_privilege OR invalid_catalog_name THEN
            RAISE WARNING 'database % stays open to PUBLIC (%)', open_to_all, SQLERRM;
        END;
    END LOOP;
END $$;
