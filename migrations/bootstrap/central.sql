-- Once per server that holds central or clinics, in database `medicalpro_central`, as the server's administrator; after
-- roles.sql. May be run again. The tables of central come later, by the provisioner as medicalpro_central_owner.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS medicalpro_central AUTHORIZATION medicalpro_central_owner;
CREATE SCHEMA IF NOT EXISTS provisioning       AUTHORIZATION medicalpro_rolemaker;
GRANT USAGE ON SCHEMA medicalpro_central TO medicalpro_api;
GRANT USAGE ON SCHEMA provisioning       TO medicalpro_provisioner;

SET ROLE medicalpro_rolemaker;

-- The only way to make a clinic's login, and the only name it can have. The worker hands over a SCRAM verifier, never a
-- password. Run again, it sets the verifier and the limit anew: that is how credentials are rotated.
CREATE OR REPLACE FUNCTION provisioning.create_clinic_role(clinic uuid, verifier text, connections int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login text := 'medicalpro_clinic_' || replace(clinic::text, '-', '_');
BEGIN
    IF clinic IS NULL OR verifier IS NULL OR connections IS NULL
       OR verifier !~ '^SCRAM-SHA-256\$[0-9]{1,6}:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' THEN
        RAISE EXCEPTION 'not a SCRAM verifier' USING ERRCODE = 'MP010';
    END IF;
    IF connections NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'a clinic''s connection limit lies between 1 and 1000' USING ERRCODE = 'MP010';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', login);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOINHERIT PASSWORD %L CONNECTION LIMIT %s', login, verifier, connections);
    -- No statement of a request runs longer than the request may, and no forgotten transaction holds its locks.
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', login, '30s');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', login, '10s');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', login, '60s');
    EXECUTE format('GRANT medicalpro_admin, medicalpro_manager, medicalpro_practitioner, medicalpro_nurse, medicalpro_secretary,
                          medicalpro_readonly, medicalpro_worker, medicalpro_link TO %I', login);
END $$;

-- Its database must be gone first, else 2BP01 says so.
CREATE OR REPLACE FUNCTION provisioning.drop_clinic_role(clinic uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF clinic IS NULL THEN
        RAISE EXCEPTION 'which clinic?' USING ERRCODE = 'MP010';
    END IF;
    EXECUTE format('DROP ROLE IF EXISTS %I', 'medicalpro_clinic_' || replace(clinic::text, '-', '_'));
END $$;

REVOKE ALL     ON ALL FUNCTIONS IN SCHEMA provisioning FROM PUBLIC;
GRANT  EXECUTE ON ALL FUNCTIONS IN SCHEMA provisioning TO medicalpro_provisioner;

RESET ROLE;
