// Whether octets are UTF-8 (hot path), without the view that the function of node:buffer needs.
// Source: RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.

export function isUtf8(octets: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const lead = octets[at] as number;
    if (lead < 0x80) continue;
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    if (length === 0 || at + length >= to) return false;
    const second = octets[at + 1] as number;
    if (second < secondMin(lead) || second > secondMax(lead)) return false;
    if (length > 1 && !continues(octets[at + 2] as number)) return false;
    if (length > 2 && !continues(octets[at + 3] as number)) return false;
    at += length;
  }
  return true;
}

function continues(octet: number): boolean {
  return (octet & 0xc0) === 0x80;
}

function secondMin(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

function secondMax(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}
