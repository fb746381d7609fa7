/** Ids and hosts compare as bytes (`COLLATE "C"`), so that lists have one order in every database. */
export const tables: readonly string[] = [
  `CREATE TABLE portcullis_registry_workspaces (
    workspace_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE TABLE portcullis_registry_projects (
    workspace_id text COLLATE "C" NOT NULL REFERENCES portcullis_registry_workspaces,
    project_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    auth text NOT NULL,
    secrets text NOT NULL,
    limits text NOT NULL,
    auth_version text NOT NULL,
    version text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (workspace_id, project_id)
  )`,
  `CREATE TABLE portcullis_registry_hosts (
    host text COLLATE "C" PRIMARY KEY,
    parent text COLLATE "C" NOT NULL,
    workspace_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    position integer NOT NULL,
    FOREIGN KEY (workspace_id, project_id) REFERENCES portcullis_registry_projects ON DELETE CASCADE
  )`,
  `CREATE INDEX portcullis_registry_hosts_by_project
    ON portcullis_registry_hosts (workspace_id, project_id, position)`,
  `CREATE INDEX portcullis_registry_hosts_by_parent ON portcullis_registry_hosts (parent)`,
  `CREATE TABLE portcullis_registry_anchors (
    anchor text COLLATE "C" NOT NULL,
    workspace_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (anchor, workspace_id, project_id),
    FOREIGN KEY (workspace_id, project_id) REFERENCES portcullis_registry_projects ON DELETE CASCADE
  )`,
  `CREATE INDEX portcullis_registry_anchors_by_project
    ON portcullis_registry_anchors (workspace_id, project_id)`,
  `CREATE TABLE portcullis_registry_audit_log (
    entry_id bigint PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    request_id text,
    action text NOT NULL,
    workspace_id text COLLATE "C" NOT NULL,
    project_id text COLLATE "C",
    before text,
    after text
  )`,
  `CREATE INDEX portcullis_registry_audit_log_by_project
    ON portcullis_registry_audit_log (workspace_id, project_id, entry_id)`,
  `CREATE INDEX portcullis_registry_audit_log_by_workspace
    ON portcullis_registry_audit_log (workspace_id, entry_id)`,
]
