/** How words stand out in a terminal. Each returns its text unchanged where there are no colours. */
export interface Style {
  bold: (text: string) => string
  dim: (text: string) => string
  cyan: (text: string) => string
}

/** The style of a terminal with or without colours. */
export function createStyle(colours: boolean): Style {
  const style =
    (code: number) =>
    (text: string): string =>
      colours ? `\u001B[${code}m${text}\u001B[0m` : text
  return { bold: style(1), dim: style(2), cyan: style(36) }
}

/** A line of a table of what runs where; those of all examples line up. */
export function row(style: Style, what: string, where: string, note: string): string {
  return `    ${what.padEnd(15)}${style.cyan(where.padEnd(28))}${style.dim(note)}`
}
