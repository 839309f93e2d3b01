-- The central database: clinics, the people who log in, and the journal that makes clinics' databases. NEVER patient data.
-- Run by the provisioner as medicalpro_central_owner, in schema medicalpro_central. Two logins use it: medicalpro_api (the
-- server process) and medicalpro_provisioner (the worker process); what each may touch stands behind each table.

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'MP007';
END $$;

GRANT USAGE ON SCHEMA medicalpro_central TO medicalpro_api, medicalpro_provisioner;

-- ---------------------------------------------------------------------------------------------------------------------
-- PostgreSQL servers that hold clinics.
CREATE TABLE database_servers (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  host        text        NOT NULL CONSTRAINT database_servers_host_check CHECK (length(host) BETWEEN 1 AND 253),
  port        integer     NOT NULL CONSTRAINT database_servers_port_check CHECK (port BETWEEN 1 AND 65535),
  max_clinics integer     NOT NULL DEFAULT 5000 CONSTRAINT database_servers_max_clinics_check CHECK (max_clinics > 0),
  -- The template that new clinics are copied from; NULL until the worker has built it. Never altered in place.
  template         text,
  template_version integer,
  -- Of the migrations it was built from: tells that one was edited since.
  template_fingerprint text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT database_servers_host_key UNIQUE (host, port),
  CONSTRAINT database_servers_template_check CHECK (num_nulls(template, template_version, template_fingerprint) IN (0, 3))
);
CREATE TRIGGER touch BEFORE UPDATE ON database_servers FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT, INSERT, UPDATE ON database_servers TO medicalpro_provisioner;

-- ---------------------------------------------------------------------------------------------------------------------
-- Clinics: the tenants. db_password and context_key are sealed (AEAD); the keys are not in this database.
CREATE TABLE companies (
  id                 uuid        PRIMARY KEY,
  name               text        NOT NULL CONSTRAINT companies_name_check CHECK (length(name) BETWEEN 1 AND 200),
  email              text        NOT NULL CONSTRAINT companies_email_check CHECK (length(email) BETWEEN 3 AND 254),
  email_normalized   text        NOT NULL CONSTRAINT companies_email_normalized_check CHECK (email_normalized = lower(email_normalized)),
  phone              text        CONSTRAINT companies_phone_check CHECK (length(phone) BETWEEN 3 AND 32),
  address            jsonb       NOT NULL DEFAULT '{}' CONSTRAINT companies_address_check CHECK (jsonb_typeof(address) = 'object'),
  country            text        NOT NULL CONSTRAINT companies_country_check CHECK (country ~ '^[A-Z]{2}$'),
  language           text        NOT NULL CONSTRAINT companies_language_check CHECK (language ~ '^[a-z]{2}$'),
  time_zone          text        NOT NULL CONSTRAINT companies_time_zone_check CHECK (length(time_zone) BETWEEN 1 AND 64),
  currency           text        NOT NULL CONSTRAINT companies_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  business_number    text        CONSTRAINT companies_business_number_check CHECK (length(business_number) BETWEEN 1 AND 32),
  vat_number         text        CONSTRAINT companies_vat_number_check CHECK (length(vat_number) BETWEEN 1 AND 32),
  -- pending: known, no database yet (made at first access); provisioning: being made; active; suspended: refused, kept.
  status             text        NOT NULL DEFAULT 'pending'
                                 CONSTRAINT companies_status_check CHECK (status IN ('pending', 'provisioning', 'active', 'suspended')),
  database_server_id uuid        CONSTRAINT companies_database_server_id_fkey REFERENCES database_servers,
  db_host            text,
  db_port            integer     CONSTRAINT companies_db_port_check CHECK (db_port BETWEEN 1 AND 65535),
  db_name            text        CONSTRAINT companies_db_name_check CHECK (db_name = 'medicalpro_clinic_' || replace(id::text, '-', '_')),
  db_user            text        CONSTRAINT companies_db_user_check CHECK (db_user = db_name),
  db_password        text        CONSTRAINT companies_db_password_check CHECK (db_password LIKE 'v1.%'),
  context_kid        integer     CONSTRAINT companies_context_kid_check CHECK (context_kid > 0),
  context_key        text        CONSTRAINT companies_context_key_check CHECK (context_key LIKE 'v1.%'),
  schema_version     integer     CONSTRAINT companies_schema_version_check CHECK (schema_version > 0),
  -- Grows with each change of credentials: a pool opened under an older epoch is closed.
  epoch              bigint      NOT NULL DEFAULT 1,
  -- Whoever works here needs a second factor: without one, a session reaches its own account only.
  second_factor_required boolean NOT NULL DEFAULT false,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  provisioned_at     timestamptz,
  CONSTRAINT companies_email_key UNIQUE (email_normalized),
  CONSTRAINT companies_credentials_check CHECK (
    num_nulls(database_server_id, db_host, db_port, db_name, db_user, db_password, context_kid, context_key) IN (0, 8)),
  CONSTRAINT companies_active_check CHECK (
    status NOT IN ('active', 'suspended') OR (db_password IS NOT NULL AND schema_version IS NOT NULL AND provisioned_at IS NOT NULL))
);
CREATE INDEX companies_database_server_id_idx ON companies (database_server_id);
CREATE INDEX companies_created_at_idx ON companies (created_at, id);
CREATE TRIGGER touch BEFORE UPDATE ON companies FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT ON companies TO medicalpro_api, medicalpro_provisioner;
GRANT INSERT (id, name, email, email_normalized, phone, address, country, language, time_zone, currency, business_number, vat_number)
  ON companies TO medicalpro_api, medicalpro_provisioner;
GRANT UPDATE (second_factor_required, name, language, time_zone) ON companies TO medicalpro_api;
GRANT UPDATE (status, database_server_id, db_host, db_port, db_name, db_user, db_password, context_kid, context_key,
  schema_version, epoch, provisioned_at), DELETE ON companies TO medicalpro_provisioner;

-- The one way in which the server changes a clinic's status: between active and suspended, and nothing else. No row: it was neither.
CREATE FUNCTION suspend_company(company uuid, suspended boolean) RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  UPDATE companies SET status = CASE WHEN suspended THEN 'suspended' ELSE 'active' END
   WHERE id = company AND status = CASE WHEN suspended THEN 'active' ELSE 'suspended' END
  RETURNING id;
END;
REVOKE ALL ON FUNCTION suspend_company(uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suspend_company(uuid, boolean) TO medicalpro_api, medicalpro_provisioner;

-- ---------------------------------------------------------------------------------------------------------------------
-- People who log in. email_normalized is the form that is compared: NFKC, lower case.
CREATE TABLE users (
  id                uuid        PRIMARY KEY,
  email             text        NOT NULL CONSTRAINT users_email_check CHECK (length(email) BETWEEN 3 AND 254),
  email_normalized  text        NOT NULL CONSTRAINT users_email_normalized_check CHECK (email_normalized = lower(email_normalized)),
  password_hash     text        NOT NULL CONSTRAINT users_password_hash_check CHECK (password_hash LIKE '$argon2id$%'),
  first_name        text        CONSTRAINT users_first_name_check CHECK (length(first_name) BETWEEN 1 AND 100),
  last_name         text        CONSTRAINT users_last_name_check CHECK (length(last_name) BETWEEN 1 AND 100),
  language          text        NOT NULL CONSTRAINT users_language_check CHECK (language ~ '^[a-z]{2}$'),
  status            text        NOT NULL DEFAULT 'active' CONSTRAINT users_status_check CHECK (status IN ('active', 'deactivated')),
  -- Of the platform's own people, who work at no clinic: memberships refuse them.
  platform_role     text        CONSTRAINT users_platform_role_check CHECK (platform_role IN ('super_admin', 'support')),
  terms_accepted_at timestamptz NOT NULL,
  email_verified_at timestamptz,
  last_login_at     timestamptz,
  -- Or the second factor: a log-in that was under way meanwhile has shown what does not count any more.
  password_changed_at timestamptz NOT NULL DEFAULT now(),
  -- The second factor (RFC 6238): its secret, sealed; set but not confirmed while it is being enrolled. A code is good once:
  -- the newest time step that was used is remembered.
  totp_secret       text        CONSTRAINT users_totp_secret_check CHECK (totp_secret LIKE 'v1.%'),
  totp_confirmed_at timestamptz,
  totp_last_step    bigint      CONSTRAINT users_totp_last_step_check CHECK (totp_last_step >= 0),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_key UNIQUE (email_normalized),
  CONSTRAINT users_totp_check CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL)
);
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT ON users TO medicalpro_api;
-- Not platform_role, nor email_verified_at: nobody is born with rights over the platform or a proven address.
GRANT INSERT (id, email, email_normalized, password_hash, first_name, last_name, language, terms_accepted_at) ON users TO medicalpro_api;
GRANT UPDATE (email, email_normalized, password_hash, password_changed_at, first_name, last_name, language, status, email_verified_at,
  last_login_at, totp_secret, totp_confirmed_at, totp_last_step) ON users TO medicalpro_api;
-- The worker writes to people; it never sees a password hash or a second factor's secret.
GRANT SELECT (id, email, email_normalized, first_name, last_name, language, status, platform_role, email_verified_at, created_at)
  ON users TO medicalpro_provisioner;
-- Operators make the platform's people (`medicalpro platform`), with a password that nobody knows: a mailed link sets one.
GRANT INSERT (id, email, email_normalized, password_hash, language, platform_role, terms_accepted_at), UPDATE (status) ON users
  TO medicalpro_provisioner;
GRANT DELETE ON users TO medicalpro_provisioner;

-- One use each, hashed; they stand in for a second factor that is lost.
CREATE TABLE recovery_codes (
  user_id    uuid        NOT NULL CONSTRAINT recovery_codes_user_id_fkey REFERENCES users ON DELETE CASCADE,
  code_hash  bytea       NOT NULL CONSTRAINT recovery_codes_code_hash_check CHECK (length(code_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at    timestamptz,
  PRIMARY KEY (user_id, code_hash)
);
GRANT SELECT, INSERT (user_id, code_hash), UPDATE (used_at), DELETE ON recovery_codes TO medicalpro_api;

-- Devices that a person has logged in from, by a random token that the device keeps, hashed.
CREATE TABLE devices (
  id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id      uuid        NOT NULL CONSTRAINT devices_user_id_fkey REFERENCES users ON DELETE CASCADE,
  token_hash   bytea       NOT NULL CONSTRAINT devices_token_hash_key UNIQUE CONSTRAINT devices_token_hash_check CHECK (length(token_hash) = 32),
  user_agent   text        CONSTRAINT devices_user_agent_check CHECK (length(user_agent) <= 400),
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX devices_user_id_idx ON devices (user_id, last_used_at);
CREATE INDEX devices_last_used_at_idx ON devices (last_used_at);
GRANT SELECT, INSERT (user_id, token_hash, user_agent), UPDATE (last_used_at, user_agent), DELETE ON devices TO medicalpro_api;
GRANT SELECT (id, last_used_at), DELETE ON devices TO medicalpro_provisioner;

-- Failed log-ins in a row, by a keyed hash of the address as typed, whether it has an account or not (and by device, where one is
-- known): each makes the next wait longer. Nobody is locked out.
CREATE TABLE login_failures (
  subject         bytea       PRIMARY KEY CONSTRAINT login_failures_subject_check CHECK (length(subject) = 32),
  failures        integer     NOT NULL CONSTRAINT login_failures_failures_check CHECK (failures > 0),
  next_attempt_at timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failures_updated_at_idx ON login_failures (updated_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON login_failures TO medicalpro_api;
GRANT SELECT (subject, updated_at), DELETE ON login_failures TO medicalpro_provisioner;

CREATE TABLE memberships (
  user_id    uuid        NOT NULL CONSTRAINT memberships_user_id_fkey REFERENCES users ON DELETE CASCADE,
  company_id uuid        NOT NULL CONSTRAINT memberships_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  role       text        NOT NULL CONSTRAINT memberships_role_check
                         CHECK (role IN ('admin', 'manager', 'practitioner', 'nurse', 'secretary', 'readonly')),
  status     text        NOT NULL DEFAULT 'active' CONSTRAINT memberships_status_check CHECK (status IN ('active', 'deactivated')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- The present stay, or the last one: what a clinic may know of its people's accounts is what happened during it.
  joined_at  timestamptz NOT NULL DEFAULT now(),
  ended_at   timestamptz,
  PRIMARY KEY (user_id, company_id)
);
CREATE INDEX memberships_company_id_idx ON memberships (company_id);
CREATE TRIGGER touch BEFORE UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION note_stay() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.status = 'active' THEN
    NEW.joined_at := now();
    NEW.ended_at := NULL;
  ELSE
    NEW.ended_at := now();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER note_stay BEFORE UPDATE OF status ON memberships FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION note_stay();
CREATE FUNCTION refuse_platform_member() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM medicalpro_central.users WHERE id = NEW.user_id AND platform_role IS NOT NULL) THEN
    RAISE EXCEPTION 'who runs the platform works at no clinic' USING ERRCODE = 'MP008';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_platform_member BEFORE INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION refuse_platform_member();
GRANT SELECT, INSERT (user_id, company_id, role), UPDATE (role, status) ON memberships TO medicalpro_api;
GRANT SELECT ON memberships TO medicalpro_provisioner;

-- Who was asked to work at a clinic. The link that is mailed bears a one-time token.
CREATE TABLE invitations (
  id               uuid        PRIMARY KEY,
  company_id       uuid        NOT NULL CONSTRAINT invitations_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  email            text        NOT NULL CONSTRAINT invitations_email_check CHECK (length(email) BETWEEN 3 AND 254),
  email_normalized text        NOT NULL CONSTRAINT invitations_email_normalized_check CHECK (email_normalized = lower(email_normalized)),
  role             text        NOT NULL CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'manager', 'practitioner', 'nurse', 'secretary', 'readonly')),
  language         text        NOT NULL CONSTRAINT invitations_language_check CHECK (language ~ '^[a-z]{2}$'),
  first_name       text        CONSTRAINT invitations_first_name_check CHECK (length(first_name) BETWEEN 1 AND 100),
  last_name        text        CONSTRAINT invitations_last_name_check CHECK (length(last_name) BETWEEN 1 AND 100),
  invited_by       uuid        CONSTRAINT invitations_invited_by_fkey REFERENCES users ON DELETE SET NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  expires_at       timestamptz NOT NULL,
  accepted_at      timestamptz,
  withdrawn_at     timestamptz,
  CONSTRAINT invitations_ended_check CHECK (num_nonnulls(accepted_at, withdrawn_at) <= 1)
);
CREATE UNIQUE INDEX invitations_open_key ON invitations (company_id, email_normalized) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_company_id_idx ON invitations (company_id, created_at, id);
CREATE INDEX invitations_invited_by_idx ON invitations (invited_by);
GRANT SELECT ON invitations TO medicalpro_api, medicalpro_provisioner;
GRANT INSERT (id, company_id, email, email_normalized, role, language, first_name, last_name, invited_by, expires_at),
  UPDATE (expires_at, accepted_at, withdrawn_at) ON invitations TO medicalpro_api;

-- A new address for an account: it counts once the old mailbox and the new one have both said yes.
CREATE TABLE email_changes (
  id                   uuid        PRIMARY KEY,
  user_id              uuid        NOT NULL CONSTRAINT email_changes_user_id_fkey REFERENCES users ON DELETE CASCADE,
  new_email            text        NOT NULL CONSTRAINT email_changes_new_email_check CHECK (length(new_email) BETWEEN 3 AND 254),
  new_email_normalized text        NOT NULL CONSTRAINT email_changes_new_email_normalized_check CHECK (new_email_normalized = lower(new_email_normalized)),
  created_at           timestamptz NOT NULL DEFAULT now(),
  expires_at           timestamptz NOT NULL,
  old_confirmed_at     timestamptz,
  new_confirmed_at     timestamptz,
  ended_at             timestamptz
);
CREATE UNIQUE INDEX email_changes_open_key ON email_changes (user_id) WHERE ended_at IS NULL;
CREATE INDEX email_changes_user_id_idx ON email_changes (user_id, created_at);
GRANT SELECT ON email_changes TO medicalpro_api, medicalpro_provisioner;
GRANT INSERT (id, user_id, new_email, new_email_normalized, expires_at), UPDATE (old_confirmed_at, new_confirmed_at, ended_at)
  ON email_changes TO medicalpro_api;

-- History is kept: a change of plan closes one row and opens another.
CREATE TABLE subscriptions (
  id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id    uuid        NOT NULL CONSTRAINT subscriptions_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  plan          text        NOT NULL CONSTRAINT subscriptions_plan_check CHECK (plan IN ('trial', 'solo', 'practice', 'group')),
  status        text        NOT NULL CONSTRAINT subscriptions_status_check CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled', 'ended')),
  seats         integer     NOT NULL CONSTRAINT subscriptions_seats_check CHECK (seats BETWEEN 1 AND 10000),
  trial_ends_at timestamptz,
  period_start  timestamptz NOT NULL DEFAULT now(),
  period_end    timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  ended_at      timestamptz,
  CONSTRAINT subscriptions_period_check CHECK (period_end > period_start),
  CONSTRAINT subscriptions_trial_check CHECK (status <> 'trialing' OR trial_ends_at IS NOT NULL),
  CONSTRAINT subscriptions_ended_check CHECK ((status = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX subscriptions_current_key ON subscriptions (company_id) WHERE ended_at IS NULL;
CREATE INDEX subscriptions_company_id_idx ON subscriptions (company_id, created_at);
GRANT SELECT, INSERT ON subscriptions TO medicalpro_api;

-- ---------------------------------------------------------------------------------------------------------------------
-- A session is one log-in of one person at one clinic, or on the platform (no clinic); its refresh tokens form one family.
CREATE TABLE sessions (
  id             uuid        PRIMARY KEY,
  user_id        uuid        NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users ON DELETE CASCADE,
  company_id     uuid        CONSTRAINT sessions_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  device_id      uuid        CONSTRAINT sessions_device_id_fkey REFERENCES devices ON DELETE SET NULL,
  user_agent     text        CONSTRAINT sessions_user_agent_check CHECK (length(user_agent) <= 400),
  -- Where from: the network only (/24 or /48), since the whole address is nobody's business later.
  network        text        CONSTRAINT sessions_network_check CHECK (length(network) <= 64),
  -- Whether a second factor was shown when it was opened.
  second_factor  boolean     NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT now(),
  last_used_at   timestamptz NOT NULL DEFAULT now(),
  expires_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_reason text        CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN ('logout', 'reuse', 'admin', 'person',
                               'switched', 'password', 'email', 'second_factor', 'deactivated')),
  CONSTRAINT sessions_revoked_check CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL)),
  CONSTRAINT sessions_membership_fkey FOREIGN KEY (user_id, company_id) REFERENCES memberships (user_id, company_id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id, company_id);
CREATE INDEX sessions_company_id_idx ON sessions (company_id);
CREATE INDEX sessions_device_id_idx ON sessions (device_id);
CREATE INDEX sessions_ended_at_idx ON sessions (least(revoked_at, expires_at));
GRANT SELECT, INSERT ON sessions TO medicalpro_api;
GRANT UPDATE (last_used_at, revoked_at, revoked_reason) ON sessions TO medicalpro_api;
GRANT SELECT (id, expires_at, revoked_at), DELETE ON sessions TO medicalpro_provisioner;

-- Every refresh token of a family, hashed; one presented again when its successor was used shows that it was copied.
CREATE TABLE refresh_tokens (
  token_hash bytea       PRIMARY KEY CONSTRAINT refresh_tokens_token_hash_check CHECK (length(token_hash) = 32),
  session_id uuid        NOT NULL CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  successor_hash bytea   CONSTRAINT refresh_tokens_successor_hash_check CHECK (length(successor_hash) = 32),
  CONSTRAINT refresh_tokens_used_check CHECK ((used_at IS NULL) = (successor_hash IS NULL))
);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE UNIQUE INDEX refresh_tokens_unused_key ON refresh_tokens (session_id) WHERE used_at IS NULL;
GRANT SELECT, INSERT, UPDATE (used_at, successor_hash) ON refresh_tokens TO medicalpro_api;

-- What a cached standing depends on has changed: the servers hear of it as it is committed, whoever changed it and in whatever way.
CREATE FUNCTION tell_standing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('medicalpro_standing', TG_ARGV[0] || ' ' || (to_jsonb(OLD) ->> TG_ARGV[1]));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_standing AFTER UPDATE OF revoked_at ON sessions FOR EACH ROW
  WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION tell_standing('session', 'id');
CREATE TRIGGER tell_standing AFTER UPDATE OF role, status ON memberships FOR EACH ROW EXECUTE FUNCTION tell_standing('user', 'user_id');
CREATE TRIGGER tell_standing_deleted AFTER DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION tell_standing('user', 'user_id');
CREATE TRIGGER tell_standing AFTER UPDATE OF status, totp_confirmed_at ON users FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.totp_confirmed_at IS DISTINCT FROM NEW.totp_confirmed_at) EXECUTE FUNCTION tell_standing('user', 'id');
CREATE TRIGGER tell_standing AFTER UPDATE OF status, epoch, second_factor_required ON companies FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.epoch <> NEW.epoch OR OLD.second_factor_required <> NEW.second_factor_required)
  EXECUTE FUNCTION tell_standing('company', 'id');

-- Mailed once, hashed; the worker makes them as it sends the mail, so that no table ever holds one in the clear.
CREATE TABLE one_time_tokens (
  token_hash bytea       PRIMARY KEY CONSTRAINT one_time_tokens_token_hash_check CHECK (length(token_hash) = 32),
  purpose    text        NOT NULL CONSTRAINT one_time_tokens_purpose_check
                         CHECK (purpose IN ('email_verification', 'password_reset', 'invitation', 'email_change_old', 'email_change_new')),
  -- Exactly one of these: what the token is about.
  user_id         uuid   CONSTRAINT one_time_tokens_user_id_fkey REFERENCES users ON DELETE CASCADE,
  invitation_id   uuid   CONSTRAINT one_time_tokens_invitation_id_fkey REFERENCES invitations ON DELETE CASCADE,
  email_change_id uuid   CONSTRAINT one_time_tokens_email_change_id_fkey REFERENCES email_changes ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  CONSTRAINT one_time_tokens_expiry_check CHECK (expires_at > created_at),
  CONSTRAINT one_time_tokens_subject_check CHECK (CASE purpose
    WHEN 'invitation' THEN invitation_id IS NOT NULL AND num_nonnulls(user_id, email_change_id) = 0
    WHEN 'email_change_old' THEN email_change_id IS NOT NULL AND num_nonnulls(user_id, invitation_id) = 0
    WHEN 'email_change_new' THEN email_change_id IS NOT NULL AND num_nonnulls(user_id, invitation_id) = 0
    ELSE user_id IS NOT NULL AND num_nonnulls(invitation_id, email_change_id) = 0 END)
);
CREATE INDEX one_time_tokens_user_id_idx ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_invitation_id_idx ON one_time_tokens (invitation_id);
CREATE INDEX one_time_tokens_email_change_id_idx ON one_time_tokens (email_change_id);
CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens (expires_at);
GRANT SELECT, UPDATE (used_at) ON one_time_tokens TO medicalpro_api;
GRANT SELECT, INSERT, DELETE ON one_time_tokens TO medicalpro_provisioner;

-- Ed25519 keys that sign access tokens; private halves sealed.
CREATE TABLE signing_keys (
  kid         text        PRIMARY KEY CONSTRAINT signing_keys_kid_check CHECK (kid ~ '^[A-Za-z0-9_-]{8,64}$'),
  public_key  bytea       NOT NULL CONSTRAINT signing_keys_public_key_check CHECK (length(public_key) = 32),
  private_key text        NOT NULL CONSTRAINT signing_keys_private_key_check CHECK (private_key LIKE 'v1.%'),
  created_at  timestamptz NOT NULL DEFAULT now(),
  -- A key is published before it signs, so that every server knows it by then; the newest that signs is used.
  signs_from  timestamptz NOT NULL DEFAULT now(),
  -- From then on nothing that it signed counts; set when a successor takes over, some time after the last token has expired.
  retired_at  timestamptz
);
GRANT SELECT ON signing_keys TO medicalpro_api;
GRANT SELECT, INSERT, UPDATE (retired_at) ON signing_keys TO medicalpro_provisioner;

-- ---------------------------------------------------------------------------------------------------------------------
-- Who did what to accounts and clinics. What happens inside a clinic is in that clinic's own audit log.
CREATE TABLE audit_logs (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT now(),
  action     text        NOT NULL CONSTRAINT audit_logs_action_check CHECK (length(action) BETWEEN 1 AND 64),
  outcome    text        NOT NULL DEFAULT 'success' CONSTRAINT audit_logs_outcome_check CHECK (outcome IN ('success', 'failure')),
  -- No foreign keys: a trail outlives what it speaks of.
  company_id uuid,
  -- Whose account.
  user_id    uuid,
  -- Who did it, where it was not the person themselves.
  actor_id   uuid,
  request_id uuid,
  -- Where from: the network only (/24 or /48).
  network    text        CONSTRAINT audit_logs_network_check CHECK (length(network) <= 64),
  detail     text        CONSTRAINT audit_logs_detail_check CHECK (length(detail) <= 500)
);
CREATE INDEX audit_logs_company_id_idx ON audit_logs (company_id, id);
CREATE INDEX audit_logs_user_id_idx ON audit_logs (user_id, id);
CREATE INDEX audit_logs_at_idx ON audit_logs USING brin (at);
-- Append-only; what is older than the retention that an operator has set may go, and nothing younger than a year ever.
CREATE FUNCTION refuse_young_deletion() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.at > now() - interval '365 days' THEN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'MP007';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_delete BEFORE DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse_young_deletion();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_logs EXECUTE FUNCTION refuse_change();
GRANT INSERT (action, outcome, company_id, user_id, actor_id, request_id, network, detail) ON audit_logs TO medicalpro_api, medicalpro_provisioner;
GRANT SELECT ON audit_logs TO medicalpro_api;
GRANT SELECT (id, at), DELETE ON audit_logs TO medicalpro_provisioner;

-- What `medicalpro verify --keep` found, for the platform's people: ids of clinics, no row of theirs, no secret. It is text, so that its
-- hash stays that of its bytes. The server reads it and cannot write it: whoever has stolen its login attests nothing.
CREATE TABLE isolation_reports (
  id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kept_at timestamptz NOT NULL DEFAULT now(),
  report  text        NOT NULL CONSTRAINT isolation_reports_report_check CHECK (octet_length(report) <= 16777216),
  sha256  text        NOT NULL CONSTRAINT isolation_reports_sha256_check CHECK (sha256 = encode(sha256(convert_to(report, 'UTF8')), 'hex')),
  ending  text        NOT NULL GENERATED ALWAYS AS (report::jsonb ->> 'ending') STORED
                      CONSTRAINT isolation_reports_ending_check CHECK (ending IN ('held', 'failed', 'incomplete'))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON isolation_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON isolation_reports EXECUTE FUNCTION refuse_change();
GRANT SELECT ON isolation_reports TO medicalpro_api;
GRANT INSERT (report, sha256) ON isolation_reports TO medicalpro_provisioner;

-- Account mail, and nothing else: mail about patients lies in their clinic's database.
CREATE TABLE email_outbox (
  id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  kind            text        NOT NULL CONSTRAINT email_outbox_kind_check CHECK (kind IN ('verification', 'password_reset', 'password_changed',
                                'new_device', 'invitation', 'welcome', 'suspended', 'email_change_old', 'email_change_new', 'email_changed')),
  -- To whom: the person, whoever was invited, or whom a change of address is about (email_change_new: its new address;
  -- email_changed: the old one, which stands in `payload`).
  user_id         uuid        CONSTRAINT email_outbox_user_id_fkey REFERENCES users ON DELETE CASCADE,
  invitation_id   uuid        CONSTRAINT email_outbox_invitation_id_fkey REFERENCES invitations ON DELETE CASCADE,
  email_change_id uuid        CONSTRAINT email_outbox_email_change_id_fkey REFERENCES email_changes ON DELETE CASCADE,
  -- About which clinic; none where it is about the account alone.
  company_id      uuid        CONSTRAINT email_outbox_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  -- What the text says beyond that, such as the device; never a token.
  payload         jsonb       NOT NULL DEFAULT '{}' CONSTRAINT email_outbox_payload_check CHECK (jsonb_typeof(payload) = 'object'),
  -- closed: its cause was gone before it was sent; dead: given up, until an operator has it tried again.
  status          text        NOT NULL DEFAULT 'queued' CONSTRAINT email_outbox_status_check CHECK (status IN ('queued', 'sent', 'closed', 'dead')),
  attempts        integer     NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  sent_at         timestamptz,
  CONSTRAINT email_outbox_sent_check CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
  CONSTRAINT email_outbox_addressee_check CHECK (num_nonnulls(user_id, invitation_id, email_change_id) = 1)
);
CREATE INDEX email_outbox_due_idx ON email_outbox (next_attempt_at) WHERE status = 'queued';
CREATE INDEX email_outbox_sent_at_idx ON email_outbox (sent_at) WHERE status = 'sent';
CREATE INDEX email_outbox_ended_idx ON email_outbox (created_at) WHERE status IN ('dead', 'closed');
CREATE INDEX email_outbox_user_id_idx ON email_outbox (user_id, kind, created_at);
CREATE INDEX email_outbox_invitation_id_idx ON email_outbox (invitation_id);
CREATE INDEX email_outbox_email_change_id_idx ON email_outbox (email_change_id);
CREATE INDEX email_outbox_company_id_idx ON email_outbox (company_id);
GRANT SELECT, INSERT (kind, user_id, invitation_id, email_change_id, company_id, payload) ON email_outbox TO medicalpro_api, medicalpro_provisioner;
GRANT UPDATE (status, attempts, next_attempt_at, sent_at), DELETE ON email_outbox TO medicalpro_provisioner;

-- All that central learns of mail about patients: that a clinic may have some to send, and from when.
CREATE TABLE clinic_mail (
  company_id   uuid        PRIMARY KEY CONSTRAINT clinic_mail_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  -- While a worker looks, 'infinity': whoever notes something meanwhile brings it forward, and so it is looked at again.
  due_at       timestamptz NOT NULL,
  -- Until then somebody may commit mail at the clinic: it is looked at once more when that has passed.
  expected_until timestamptz,
  -- Until then nobody else looks; when it has passed, the worker that looked is gone.
  leased_until timestamptz,
  -- How often in a row it could not be reached.
  failures     integer     NOT NULL DEFAULT 0 CONSTRAINT clinic_mail_failures_check CHECK (failures >= 0)
);
CREATE INDEX clinic_mail_due_at_idx ON clinic_mail (due_at);
GRANT SELECT, INSERT (company_id, due_at, expected_until), UPDATE (due_at, expected_until) ON clinic_mail TO medicalpro_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic_mail TO medicalpro_provisioner;

-- Workers hear at once of mail that is due.
CREATE FUNCTION tell_mail() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('medicalpro_mail', '');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_mail AFTER INSERT ON email_outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_mail();
CREATE TRIGGER tell_mail AFTER INSERT OR UPDATE OF due_at ON clinic_mail FOR EACH ROW WHEN (NEW.due_at <= now()) EXECUTE FUNCTION tell_mail();

-- Of `register` alone; every other operation's keys lie in the clinic's database.
CREATE TABLE idempotency_keys (
  operation    text        NOT NULL CONSTRAINT idempotency_keys_operation_check CHECK (operation IN ('auth_register')),
  key          text        NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea       NOT NULL CONSTRAINT idempotency_keys_request_hash_check CHECK (length(request_hash) = 32),
  company_id   uuid        NOT NULL CONSTRAINT idempotency_keys_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (operation, key)
);
CREATE INDEX idempotency_keys_company_id_idx ON idempotency_keys (company_id);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
GRANT SELECT, INSERT ON idempotency_keys TO medicalpro_api;
GRANT SELECT (created_at), DELETE ON idempotency_keys TO medicalpro_provisioner;

-- ---------------------------------------------------------------------------------------------------------------------
-- The provisioning journal. The server writes a job and waits; the worker carries it out.
CREATE TABLE provisioning_jobs (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id  uuid        NOT NULL CONSTRAINT provisioning_jobs_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  -- What asked for it decides what becomes of a company that cannot be made: a registration is undone, others go back to pending.
  reason      text        NOT NULL CONSTRAINT provisioning_jobs_reason_check CHECK (reason IN ('registration', 'first_access', 'operator')),
  state       text        NOT NULL DEFAULT 'queued' CONSTRAINT provisioning_jobs_state_check CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempts    integer     NOT NULL DEFAULT 0,
  -- Who holds it, for people to read; the lease itself is an advisory lock, which ends with its holder's connection.
  worker      text,
  error       text        CONSTRAINT provisioning_jobs_error_check CHECK (length(error) <= 2000),
  run_after   timestamptz NOT NULL DEFAULT now(),
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT provisioning_jobs_finished_check CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX provisioning_jobs_open_key ON provisioning_jobs (company_id) WHERE state IN ('queued', 'running');
CREATE INDEX provisioning_jobs_due_idx ON provisioning_jobs (run_after) WHERE state IN ('queued', 'running');
CREATE INDEX provisioning_jobs_company_id_idx ON provisioning_jobs (company_id, created_at);
GRANT SELECT, INSERT (company_id, reason) ON provisioning_jobs TO medicalpro_api, medicalpro_provisioner;
GRANT UPDATE (state, attempts, worker, error, run_after, finished_at) ON provisioning_jobs TO medicalpro_provisioner;

CREATE TABLE provisioning_steps (
  job_id      uuid        NOT NULL CONSTRAINT provisioning_steps_job_id_fkey REFERENCES provisioning_jobs ON DELETE CASCADE,
  step        text        NOT NULL CONSTRAINT provisioning_steps_step_check
                          CHECK (step IN ('seal', 'role', 'database', 'migrate', 'identity', 'prove', 'activate')),
  finished_at timestamptz NOT NULL DEFAULT now(),
  duration_ms integer     NOT NULL CONSTRAINT provisioning_steps_duration_ms_check CHECK (duration_ms >= 0),
  PRIMARY KEY (job_id, step)
);
GRANT SELECT, INSERT, UPDATE ON provisioning_steps TO medicalpro_provisioner;

-- The ledger of `medicalpro migrate`: what it did to which clinic.
CREATE TABLE clinic_migrations (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  company_id   uuid        NOT NULL CONSTRAINT clinic_migrations_company_id_fkey REFERENCES companies ON DELETE CASCADE,
  from_version integer     NOT NULL,
  to_version   integer     NOT NULL,
  outcome      text        NOT NULL CONSTRAINT clinic_migrations_outcome_check CHECK (outcome IN ('migrated', 'failed', 'drifted')),
  error        text        CONSTRAINT clinic_migrations_error_check CHECK (length(error) <= 2000),
  at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clinic_migrations_company_id_idx ON clinic_migrations (company_id, at);
GRANT SELECT, INSERT ON clinic_migrations TO medicalpro_provisioner;
