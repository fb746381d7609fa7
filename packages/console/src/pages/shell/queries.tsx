import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../api/problem.ts'
import { lookAgain } from '../session/use-session.tsx'

/** What is asked again by itself: outages, a few times, and nothing that the server has judged. */
export function createQueries(): QueryClient {
  const onError = (error: unknown): void => {
    lookAgain(queries, error)
    // What a change was refused for is read, so that the next try is of what is there.
    if (error instanceof ApiError && error.status === 412) {
      void queries.invalidateQueries({ queryKey: ['workspace'] })
    }
  }
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // Whether the network is there is seen by asking: a control plane on this machine needs none.
        networkMode: 'always',
        staleTime: 2000,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.isOutage,
        retryDelay: (failures) => 500 * 2 ** failures,
      },
      // Answers may hold a key or a secret: they go with the part of the page that asked.
      mutations: { networkMode: 'always', gcTime: 0 },
    },
  })
  return queries
}
