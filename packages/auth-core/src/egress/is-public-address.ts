import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** @see IANA IPv4 Special-Purpose Address Registry, RFC 6890; IPv4 multicast RFC 5771 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by carriers
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // metadata of Azure, in a public range
  '169.254.0.0/16', // link-local, and metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]

/** The only block of which unicast addresses are given out. @see IANA IPv6 Global Unicast Address Assignments */
const GLOBAL_IPV6 = ['2000::/3']

/** What of that block leads elsewhere. @see IANA IPv6 Special-Purpose Address Registry */
const SPECIAL_IPV6 = [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which carries an IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
]

const specialIPv4 = blockList(SPECIAL_IPV4, 'ipv4')
const globalIPv6 = blockList(GLOBAL_IPV6, 'ipv6')
const specialIPv6 = blockList(SPECIAL_IPV6, 'ipv6')

/**
 * Whether an IP address, in text, is one that the public Internet routes to a single machine. Everything else is not:
 * private, loopback, link-local and metadata addresses, and the IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4,
 * Teredo), whichever address that is. Text that is no IP address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialIPv4.check(address, 'ipv4')
  // A zone (`%eth0`) belongs to addresses of this link only.
  if (!isIPv6(address) || address.includes('%')) return false
  return globalIPv6.check(address, 'ipv6') && !specialIPv6.check(address, 'ipv6')
}

function blockList(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network, prefix] = subnet.split('/') as [string, string]
    list.addSubnet(network, Number(prefix), family)
  }
  return list
}
