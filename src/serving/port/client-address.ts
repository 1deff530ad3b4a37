// The address of a client (control path): its canonical form, and what counts as one client.
import { isIPv6, SocketAddress } from 'node:net';

/** The shortest form. An IPv4 address that a dual-stack socket maps into IPv6 is the IPv4 address. */
export function canonicalAddress(peer: string): string {
  const [address = ''] = peer.split('%'); // without the zone
  if (!isIPv6(address)) return peer;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=[\d.]+$)/, '');
}

/** What counts as one client: an IPv4 address, or the 64 bits of an IPv6 network that one customer gets (RFC 6177). */
export function clientKey(peer: string): string {
  const address = canonicalAddress(peer);
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
