/** Whether a URL's host can only be this machine: `localhost`, 127.0.0.0/8 or `[::1]`, as WHATWG URLs spell them. */
export function isLoopback(url: URL): boolean {
  return (
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(url.hostname)
  )
}
