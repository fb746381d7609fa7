/** Whether a NATS subscription filter (`*` one token, `>` the rest) takes a subject. */
export function subjectMatches(filter: string, subject: string): boolean {
  if (filter === subject) return true
  const wanted = filter.split('.')
  const tokens = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index
    if (index >= tokens.length || (token !== '*' && token !== tokens[index])) return false
  }
  return wanted.length === tokens.length
}
