/** Where the audit log of a workspace begins: one of the same id before it is somebody else's past. */
export const firstEntry: readonly string[] = [
  `ALTER TABLE portcullis_registry_workspaces ADD COLUMN first_entry bigint NOT NULL DEFAULT 0`,
]
