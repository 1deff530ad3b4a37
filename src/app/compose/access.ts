// Who may use the port of a running topology (control path): composes the kinds of credentials that the settings name.
import { MillraceError } from '../../core/errors.ts';
import { isLoopback, withoutBrackets } from '../../core/hosts.ts';
import { isRole, type Role } from '../../core/roles.ts';
import type { CredentialVerifier } from '../../ports/identity.ts';
import { AccessControl } from '../../serving/access/access-control.ts';
import { FollowedKeys } from '../../serving/access/keys/key-topic.ts';
import { tokenVerifier } from '../../serving/access/token-verifier.ts';
import type { Topology } from '../../topology/define.ts';
import { apiKeysSpec } from '../../topology/topics.ts';
import type { Config } from '../settings/config.ts';
import type { Adapters } from './adapters.ts';

/** Null: the default of a port on loopback. */
function anonymousRoles({ anonymous, host }: Config): readonly Role[] | null {
  if (anonymous !== null) return anonymous.filter(isRole);
  return isLoopback(host) ? null : [];
}

/** The issuer of tokens, if one is set. @throws CONFIG_INVALID if it is not whole, or its keys could be changed on their way */
async function issuersOf(config: Config): Promise<readonly CredentialVerifier[]> {
  const { jwksUrl: url, jwtIssuer: issuer, jwtAudience: audience } = config;
  if (url === null && issuer === null && audience === null) return [];
  if (url === null || issuer === null || audience === null)
    throw new MillraceError('CONFIG_INVALID', 'the issuer of tokens is not whole', {
      where: 'MILLRACE_JWKS_URL',
      remedy: 'Set MILLRACE_JWKS_URL, MILLRACE_JWT_ISSUER and MILLRACE_JWT_AUDIENCE together.',
    });
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !isLoopback(withoutBrackets(hostname)))
    throw new MillraceError('CONFIG_INVALID', 'keys that come without TLS can be changed on their way', {
      where: 'MILLRACE_JWKS_URL',
      remedy: 'Give an https URL.',
    });
  const { tokenIssuer } = await import('../../adapters/oidc/token-issuer.ts');
  return [
    tokenIssuer({
      url,
      issuer,
      audience,
      algorithms: config.jwtAlgorithms,
      clockSkewMs: config.jwtClockSkewMs,
      rolesClaim: config.jwtRolesClaim,
      nowMs: Date.now,
    }),
  ];
}

/** @throws CONFIG_INVALID if others could reach the port, and nothing says who may use it */
export async function openAccess(
  config: Config,
  { name }: Topology,
  { log, telemetry, quarantines }: Pick<Adapters, 'log' | 'telemetry' | 'quarantines'>,
): Promise<AccessControl> {
  const issuers = await issuersOf(config);
  await log.ensureTopics([apiKeysSpec(name)]);
  const keys = await FollowedKeys.open({
    topology: name,
    log,
    telemetry,
    quarantine: quarantines.of(name),
    nowMs: Date.now,
  });
  const access = new AccessControl({
    topology: name,
    anonymous: anonymousRoles(config),
    verifiers: [keys, ...issuers, tokenVerifier(config.token)],
    telemetry,
  });
  if (isLoopback(config.host) || config.anonymous !== null || access.isConfigured) return access;
  await access.close();
  throw new MillraceError(
    'CONFIG_INVALID',
    `others can reach a port on ${config.host}, and nothing says who may use it`,
    {
      where: 'MILLRACE_HOST',
      remedy:
        'Create an API key (millrace keys create), set MILLRACE_JWKS_URL or MILLRACE_TOKEN, or set MILLRACE_ANONYMOUS to the roles of everyone, for example viewer.',
    },
  );
}
