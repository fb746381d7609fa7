import type { Key, ReactNode } from 'react'
import { Button } from './button.tsx'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand to the right. */
  readonly isNumber?: boolean
  /** Names the row to whoever does not see it. */
  readonly isHead?: boolean
  /** Buttons of the row; the column has no title to look at. */
  readonly isActions?: boolean
}

interface TableProps<Row> {
  label: string
  rows: readonly Row[]
  keyOf: (row: Row) => Key
  columns: readonly Column<Row>[]
}

/** A table that becomes a list of cards where the screen is narrow. */
export function Table<Row>({ label, rows, keyOf, columns }: TableProps<Row>): ReactNode {
  return (
    <div className="table-area">
      <div className="table-frame">
        <table className="table" aria-label={label}>
          <thead>
            <tr>
              {columns.map(({ title, isNumber, isActions }) => (
                <th key={title} scope="col" className={isNumber ? 'number' : undefined}>
                  {isActions ? <span className="offscreen">{title}</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((column) => (
                  <Cell key={column.title} column={column} row={row} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }): ReactNode {
  const { title, cell, isNumber, isHead, isActions } = column
  const className = isActions ? 'actions' : isNumber ? 'number' : undefined
  if (isHead) return <th scope="row">{cell(row)}</th>
  return (
    <td className={className} data-label={isActions ? undefined : title}>
      {cell(row)}
    </td>
  )
}

/** The way to the rest of a long list. */
export function More({ onMore, isBusy }: { onMore: (() => void) | null; isBusy: boolean }): ReactNode {
  if (onMore === null) return null
  return (
    <div className="more">
      <Button isBusy={isBusy} onClick={onMore}>
        Show more
      </Button>
    </div>
  )
}
