import type { ReactNode } from 'react'
import { Route, Switch } from 'wouter'
import { AuditPage } from './audit/audit-page.tsx'
import { DeadLettersPage } from './dead-letters/dead-letters-page.tsx'
import { SessionsPage } from './live/sessions-page.tsx'
import { GatewaysPage } from './operate/gateways-page.tsx'
import { InteropPage } from './operate/interop-page.tsx'
import { VisibilityPage } from './operate/visibility-page.tsx'
import { OverviewPage } from './overview/overview-page.tsx'
import { AccessPage } from './people/access-page.tsx'
import { NewProjectPage } from './projects/new-project-page.tsx'
import { ProjectPage } from './projects/project-page.tsx'
import { ProjectsPage } from './projects/projects-page.tsx'
import { NothingHere } from './shell/nothing-here.tsx'
import { Shell } from './shell/shell.tsx'
import { InWorkspace } from './workspaces/in-workspace.tsx'
import { SettingsPage } from './workspaces/settings-page.tsx'
import { WorkspacesPage } from './workspaces/workspaces-page.tsx'

/** Which page an address shows. */
export function Routes(): ReactNode {
  return (
    <Switch>
      <Route path="/workspaces/:workspaceId/*?">
        {({ workspaceId }) => (
          <Shell workspaceId={workspaceId}>
            <InWorkspace key={workspaceId} workspaceId={workspaceId}>
              <WorkspaceRoutes workspaceId={workspaceId} />
            </InWorkspace>
          </Shell>
        )}
      </Route>
      <Route>
        <Shell workspaceId={null}>
          <InstallationRoutes />
        </Shell>
      </Route>
    </Switch>
  )
}

function WorkspaceRoutes({ workspaceId }: { workspaceId: string }): ReactNode {
  const at = '/workspaces/:workspaceId'
  return (
    <Switch>
      <Route path={at}>
        <OverviewPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/projects`}>
        <ProjectsPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/new-project`}>
        <NewProjectPage workspaceId={workspaceId} />
      </Route>
      <Route path="/workspaces/:workspaceId/projects/:projectId/:part?">
        {({ projectId, part }) => (
          <ProjectPage key={projectId} workspaceId={workspaceId} projectId={projectId} part={part ?? ''} />
        )}
      </Route>
      <Route path={`${at}/sessions`}>
        <SessionsPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/dead-letters`}>
        <DeadLettersPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/access`}>
        <AccessPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/audit`}>
        <AuditPage workspaceId={workspaceId} />
      </Route>
      <Route path={`${at}/settings`}>
        <SettingsPage workspaceId={workspaceId} />
      </Route>
      <Route>
        <NothingHere />
      </Route>
    </Switch>
  )
}

function InstallationRoutes(): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <WorkspacesPage />
      </Route>
      <Route path="/workspaces">
        <WorkspacesPage />
      </Route>
      <Route path="/operate/gateways">
        <GatewaysPage />
      </Route>
      <Route path="/operate/visibility">
        <VisibilityPage />
      </Route>
      <Route path="/operate/interop">
        <InteropPage />
      </Route>
      <Route path="/operate/access">
        <AccessPage workspaceId={null} />
      </Route>
      <Route path="/operate/audit">
        <AuditPage workspaceId={null} />
      </Route>
      <Route>
        <NothingHere />
      </Route>
    </Switch>
  )
}
