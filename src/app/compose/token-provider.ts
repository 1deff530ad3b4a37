// Tokens of a module of the project (control path).
import { pathToFileURL } from 'node:url';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { TOKEN_REQUEST_MS_MAX } from '../../core/key-limits.ts';
import type { AccessToken, TokenProvider } from '../../ports/credentials.ts';
import { within } from '../../resilience/within.ts';

/** @throws MillraceError CONFIG_INVALID: the module cannot be used; LOG_UNAVAILABLE: it gives no token for now */
export async function providedToken(path: string): Promise<AccessToken> {
  const where = `MILLRACE_KAFKA_TOKEN_PROVIDER, ${path}`;
  const provider = await load(path, where);
  let token: unknown;
  try {
    token = await within(TOKEN_REQUEST_MS_MAX, Promise.resolve().then(provider));
  } catch (cause) {
    throw new MillraceError('LOG_UNAVAILABLE', `the token provider failed: ${messageOf(cause)}`, {
      where,
      cause,
    });
  }
  if (isToken(token)) return token;
  throw new MillraceError('CONFIG_INVALID', 'the token provider gave no token', {
    where,
    remedy: 'Return { value, expiresAtMs }: the token, and when it expires in Unix milliseconds.',
  });
}

async function load(path: string, where: string): Promise<TokenProvider> {
  const remedy = 'Export a function by default that returns { value, expiresAtMs }.';
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }; // any module is one
  } catch (cause) {
    const what = `the token provider cannot be loaded: ${messageOf(cause)}`;
    throw new MillraceError('CONFIG_INVALID', what, { where, remedy, cause });
  }
  if (typeof module.default === 'function') return module.default as TokenProvider; // what it gives is checked
  throw new MillraceError('CONFIG_INVALID', 'the module has no function as its default export', {
    where,
    remedy,
  });
}

function isToken(token: unknown): token is AccessToken {
  if (typeof token !== 'object' || token === null || !('value' in token) || !('expiresAtMs' in token))
    return false;
  return typeof token.value === 'string' && token.value !== '' && Number.isFinite(token.expiresAtMs);
}
