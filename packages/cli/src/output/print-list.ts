import type { Printer } from './printer.ts'

/** How items of a list become rows. */
export interface ListLayout<Item> {
  readonly headings: readonly string[]
  row(item: Item): readonly string[]
  /** What is said when there are none. */
  readonly nothing: string
}

/** Prints what a list command found, for people or as JSON, and says on stderr when that is not all. */
export function printList<Item>(
  print: Printer,
  { json }: { json?: boolean | undefined },
  { items, isMore }: { items: readonly Item[]; isMore: boolean },
  layout: ListLayout<Item>,
): void {
  if (json === true) print.json({ items, isMore })
  else
    print.table(
      layout.headings,
      items.map((item) => layout.row(item)),
      layout.nothing,
    )
  if (isMore) print.note(`there are more than these ${items.length}: raise --limit`)
}
