/**
 * What a change of the registry is about: who may enter a project, its hosts, one user, what clients may use, or that it is gone.
 */
export type FleetChangeKind = 'admission' | 'hosts' | 'user' | 'limits' | 'deleted'

/** A change of the registry that is in force. */
export interface FleetChange {
  /** Rises with every change, over all control planes of one database. Integer ≥ 1. */
  sequence: number
  workspaceId: string
  /** Null: all projects of the workspace. */
  projectId: string | null
  kind: FleetChangeKind
  /** Patterns the project has now. */
  hosts: string[]
  /** Exact hosts it gained. */
  addedHosts: string[]
  userId: string | null
}

/** Where a view reads the changes that are in force. One database, one log: all control planes of a fleet share it. */
export interface FleetChangeLog {
  /** The sequence of the last change; 0 when there is none. */
  latest(): Promise<number>
  /** All changes after a sequence, in order, or the first of them; null when they are not known any more. */
  since(sequence: number): Promise<FleetChange[] | null>
}
