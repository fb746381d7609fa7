import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useRef } from 'react'
import { showToast } from './toast-store.ts'

interface TaskOptions<Input, Output> {
  run: (input: Input) => Promise<Output>
  /** What has changed, and is to be read again. */
  refresh?: readonly QueryKey[]
  /** What is said when it is done. */
  done?: string
  onDone?: (output: Output, input: Input) => unknown
}

/** Something that is being done, at most once at a time. */
export interface Task<Input> {
  start: (input: Input) => void
  isBusy: boolean
  error: Error | null
  /** What it is being done to. */
  input: Input | undefined
}

export function useTask<Input = void, Output = unknown>(options: TaskOptions<Input, Output>): Task<Input> {
  const queries = useQueryClient()
  // A second press may come before the first is known to be under way.
  const isUnderWay = useRef(false)
  const mutation = useMutation<Output, Error, Input>({
    mutationFn: options.run,
    onSettled: () => {
      isUnderWay.current = false
    },
    onSuccess: (output, input) => {
      for (const queryKey of options.refresh ?? []) void queries.invalidateQueries({ queryKey })
      if (options.done !== undefined) showToast(options.done)
      return options.onDone?.(output, input)
    },
  })
  return {
    start: (input) => {
      if (isUnderWay.current) return
      isUnderWay.current = true
      mutation.mutate(input)
    },
    isBusy: mutation.isPending,
    error: mutation.error,
    input: mutation.variables,
  }
}
