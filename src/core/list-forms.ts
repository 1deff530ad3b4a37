// The forms that values of a setting of kind `list` may have (control path).
import { PORT_MAX } from './port-limits.ts';

export type ListForm = 'addresses' | 'hosts' | 'origins';

interface ListItem {
  /** For people. */
  readonly accepts: string;
  readonly isValid: (text: string) => boolean;
}

export const LIST_FORMS: Readonly<Record<ListForm, ListItem>> = {
  addresses: { accepts: 'host:port', isValid: isAddress },
  hosts: { accepts: 'host name or address without a port', isValid: isHost },
  origins: { accepts: 'origin such as https://example.com', isValid: isOrigin },
};

/** A name, an IPv4 address, or an IPv6 address with or without brackets. */
function isHost(text: string): boolean {
  return (
    /^[A-Za-z\d_](?:[\w.-]*\w)?$/.test(text) || /^\[[\da-fA-F:.]+\]$|^[\da-fA-F.]*:[\da-fA-F:.]+$/.test(text)
  );
}

function isOrigin(text: string): boolean {
  return /^https?:/i.test(text) && URL.canParse(text) && new URL(text).origin === text.toLowerCase();
}

/** `host:port`, `[::1]:port`. */
function isAddress(text: string): boolean {
  const [, port] = /^(?:[^\s:/@[\]]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) >= 1 && Number(port) <= PORT_MAX;
}
