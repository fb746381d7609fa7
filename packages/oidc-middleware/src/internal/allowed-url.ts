/** Whether keys and metadata may come from there: `https:`, or `http:` on loopback where that is permitted; no credentials. */
export function isAllowedUrl(url: URL, insecure: boolean): boolean {
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (insecure && url.protocol === 'http:' && isLoopback(url.hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
