/** Who manages the registry, who may not enter a project, and what gateways are told. Secrets are kept as digests. */
export const access: readonly string[] = [
  `CREATE TABLE portcullis_registry_members (
    member_id text COLLATE "C" PRIMARY KEY,
    workspace_id text COLLATE "C" REFERENCES portcullis_registry_workspaces ON DELETE CASCADE,
    subject text COLLATE "C" NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'viewer')),
    name text NOT NULL,
    version text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX portcullis_registry_members_by_workspace
    ON portcullis_registry_members (workspace_id, subject)`,
  // To the index above, no two nulls are the same.
  `CREATE UNIQUE INDEX portcullis_registry_members_operators
    ON portcullis_registry_members (subject) WHERE workspace_id IS NULL`,
  `CREATE INDEX portcullis_registry_members_by_subject ON portcullis_registry_members (subject)`,
  `CREATE TABLE portcullis_registry_api_keys (
    key_id text COLLATE "C" PRIMARY KEY,
    workspace_id text COLLATE "C" REFERENCES portcullis_registry_workspaces ON DELETE CASCADE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'viewer')),
    digest text NOT NULL,
    version text NOT NULL,
    expires_at bigint,
    last_used_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_registry_api_keys_by_workspace ON portcullis_registry_api_keys (workspace_id, key_id)`,
  `CREATE TABLE portcullis_registry_console_sessions (
    digest text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    key_id text COLLATE "C",
    key_version text COLLATE "C",
    person text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_registry_console_sessions_by_owner
    ON portcullis_registry_console_sessions (owner, created_at)`,
  `CREATE INDEX portcullis_registry_console_sessions_by_end ON portcullis_registry_console_sessions (expires_at)`,
  `CREATE TABLE portcullis_registry_blocked_users (
    workspace_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    user_id text NOT NULL,
    reason text,
    created_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, project_id, digest),
    FOREIGN KEY (workspace_id, project_id) REFERENCES portcullis_registry_projects ON DELETE CASCADE
  )`,
  `CREATE INDEX portcullis_registry_blocked_users_by_time
    ON portcullis_registry_blocked_users (workspace_id, project_id, created_at, digest)`,
  `CREATE TABLE portcullis_registry_idempotency (
    id text COLLATE "C" PRIMARY KEY,
    scope text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    attempt text NOT NULL,
    response text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX portcullis_registry_idempotency_by_scope ON portcullis_registry_idempotency (scope, created_at)`,
  `CREATE INDEX portcullis_registry_idempotency_by_end ON portcullis_registry_idempotency (expires_at)`,
  `CREATE TABLE portcullis_registry_setup_tokens (
    digest text COLLATE "C" PRIMARY KEY,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE TABLE portcullis_registry_changes (
    sequence bigint PRIMARY KEY,
    kind text NOT NULL,
    workspace_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    added_hosts text NOT NULL,
    user_id text
  )`,
  `ALTER TABLE portcullis_registry_audit_log ALTER COLUMN workspace_id DROP NOT NULL`,
  `CREATE INDEX portcullis_registry_audit_log_by_time ON portcullis_registry_audit_log (at)`,
]
