/** Where the pages live: each of these answers with the one document. Everything else is the application's. */
export const PAGE_PATHS: readonly string[] = [
  '/',
  '/setup',
  '/sign-in',
  '/workspaces',
  '/workspaces/*',
  '/operate/*',
]
