/** One segment of a path, whatever it is called. */
export function segment(text: string): string {
  return encodeURIComponent(text)
}
