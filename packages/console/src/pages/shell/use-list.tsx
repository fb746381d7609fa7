import { useInfiniteQuery, type QueryKey } from '@tanstack/react-query'
import type { Page } from '../api/request.ts'

/** Bounds what a live list reads again each time. */
const MAX_PAGES = 20

export interface List<Item> {
  /** Undefined until the first page is there. */
  items: readonly Item[] | undefined
  error: Error | null
  retry: () => void
  /** Reads the next page; null at the end, and where a page has enough of them. */
  more: (() => void) | null
  /** Whether there is more than was read. */
  hasRest: boolean
  isReadingMore: boolean
}

/** A list of the API, page by page; with `refetchMs` it keeps itself up to date. */
export function useList<Item>(
  queryKey: QueryKey,
  readPage: (after: string | null) => Promise<Page<Item>>,
  options: { refetchMs?: number } = {},
): List<Item> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => readPage(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last, pages) => (pages.length >= MAX_PAGES ? null : last.next),
    // Each page is read again: the more of them there are, the less often.
    refetchInterval: ({ state }) => (options.refetchMs ?? 0) * Math.max(1, state.data?.pages.length ?? 0),
  })
  const { hasNextPage, fetchNextPage, refetch } = query
  return {
    items: query.data?.pages.flatMap(({ items }) => items),
    error: query.error,
    retry: () => void refetch(),
    more: hasNextPage ? () => void fetchNextPage() : null,
    hasRest: (query.data?.pages.at(-1)?.next ?? null) !== null,
    isReadingMore: query.isFetchingNextPage,
  }
}
