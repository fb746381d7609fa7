/**
 * Ids compare as bytes (`COLLATE "C"`), so that every store lists clients in one order.
 *
 * `portcullis_auth_insert_client` is one statement for its callers and several inside: each one inside sees what was
 * committed before it began, so what it counts under the lock is true until it commits. That needs read committed, which
 * is why it refuses to run in anything else.
 */
export const tables: readonly string[] = [
  `CREATE TABLE portcullis_auth_clients (
    client_id text COLLATE "C" PRIMARY KEY,
    namespace_id text COLLATE "C" NOT NULL,
    record text NOT NULL,
    version text NOT NULL
  )`,
  `CREATE INDEX portcullis_auth_clients_by_namespace ON portcullis_auth_clients (namespace_id, client_id)`,
  `CREATE TABLE portcullis_auth_families (
    family_id text COLLATE "C" PRIMARY KEY,
    record text NOT NULL,
    version text NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_auth_families_by_end ON portcullis_auth_families (expires_at)`,
  `CREATE TABLE portcullis_auth_revocations (
    key text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    id text NOT NULL,
    at bigint NOT NULL,
    expires_at bigint NOT NULL,
    written_by bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_auth_revocations_by_end ON portcullis_auth_revocations (expires_at)`,
  `CREATE INDEX portcullis_auth_revocations_by_writer ON portcullis_auth_revocations (written_by)`,
  `CREATE TABLE portcullis_auth_claims (
    key text COLLATE "C" PRIMARY KEY,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_auth_claims_by_end ON portcullis_auth_claims (expires_at)`,
  `CREATE TABLE portcullis_auth_rate_windows (
    key text COLLATE "C" PRIMARY KEY,
    count bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_auth_rate_windows_by_end ON portcullis_auth_rate_windows (expires_at)`,
  `CREATE FUNCTION portcullis_auth_insert_client(
    new_id text, new_namespace text, new_record text, new_version text, max_per_namespace bigint, max_clients bigint
  ) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
  BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
      RAISE EXCEPTION 'clients are inserted in read committed transactions only';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('portcullis_auth_insert_client'));
    IF EXISTS (SELECT FROM portcullis_auth_clients WHERE client_id = new_id) THEN
      RETURN 'exists';
    END IF;
    IF (SELECT count(*) FROM portcullis_auth_clients WHERE namespace_id = new_namespace) >= max_per_namespace THEN
      RETURN 'namespace_full';
    END IF;
    IF (SELECT count(*) FROM portcullis_auth_clients) >= max_clients THEN
      RETURN 'store_full';
    END IF;
    INSERT INTO portcullis_auth_clients (client_id, namespace_id, record, version)
      VALUES (new_id, new_namespace, new_record, new_version);
    RETURN 'inserted';
  END
  $$`,
]
