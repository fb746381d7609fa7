/** The tenant a message belongs to. Both ids are made by the control plane, never by a client. */
export interface Scope {
  workspaceId: string
  projectId: string
}
