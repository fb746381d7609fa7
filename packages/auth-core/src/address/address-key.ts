import { isIPv6 } from 'node:net'

/**
 * What the limits of an address are counted by: an IPv4 address as it is, also in its IPv6 form, and of an IPv6 address
 * the first 64 bits, which are what a provider gives to one customer.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [bare = ''] = address.split('%')
  if (!isIPv6(bare)) return address
  const [head = '', tail = ''] = bare.split('::')
  const front = groups(head)
  const missing = bare.includes('::') ? 8 - front.length - groups(tail).length : 0
  const all = [...front, ...Array.from({ length: missing }, () => '0'), ...groups(tail)]
  return `${all.slice(0, 4).map(normal).join(':')}::/64`
}

function groups(part: string): string[] {
  if (part === '') return []
  // A dotted end stands for two groups.
  return part.split(':').flatMap((group) => (group.includes('.') ? [group, ''] : [group]))
}

function normal(group: string): string {
  return group.replace(/^0+(?=.)/, '').toLowerCase()
}
