/** Starts the page anew when it comes back from the browser's cache: its connections were closed. */
export function reloadFromCache(): void {
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload()
  })
}
