/** The element with that id. Throws when the page has none of that kind: a mistake in index.html. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`index.html has no ${kind.name} #${id}`)
  return element
}

/** A new element. Text goes in as text and never as markup, which is all that keeps a page safe from what others type. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  if (text !== '') element.textContent = text
  return element
}

/** Makes the children of a list the given ones, moving what is there already instead of making it anew. */
export function arrange(list: Element, children: readonly Element[]): void {
  const wanted = new Set(children)
  for (const child of Array.from(list.children)) if (!wanted.has(child)) child.remove()
  for (const [index, child] of children.entries()) {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null)
  }
}
