// URLs that may list several hosts, as those of a Redis cluster and of Sentinels do (control path):
// `redis+cluster://user:password@one:7000,two:7001`. The platform's URL takes one host.

export interface HostListUrl {
  /** With its first host alone. */
  readonly url: URL;
  /** `host` or `host:port`, at least one; an IPv6 address has brackets. */
  readonly hosts: readonly string[];
}

const PARTS = /^([a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?)([^/?#@]*)([/?#].*)?$/is;

/** Null for a text that is no URL, or lists something that is no host. */
export function parseHostListUrl(text: string): HostListUrl | null {
  const [, head = '', list = '', tail = ''] = PARTS.exec(text) ?? [];
  const hosts = list.split(',').map((host) => host.trim());
  if (hosts.length === 1) return URL.canParse(text) ? { url: new URL(text), hosts } : null;
  const urls = hosts.map((host) => `${head}${host}${tail}`);
  if (!urls.every((url, i) => hosts[i] !== '' && URL.canParse(url))) return null;
  return { url: new URL(urls[0] as string), hosts };
}

/** The text of a URL whose host was the first of a list, with the list in its place. */
export function withHosts(url: URL, hosts: readonly string[]): string {
  if (hosts.length === 1) return url.href;
  return url.href.replace(
    /^([^:]+:\/\/(?:[^/?#]*@)?)[^/?#]*/,
    (_all, head: string) => head + hosts.join(','),
  );
}
