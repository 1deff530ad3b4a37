// Settings of the issuer whose tokens are credentials of the port (control path). Each export is one setting and one field of
// Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: no tokens of an issuer are credentials. */
export const jwksUrl: Setting<string | null> = engineSetting('MILLRACE_JWKS_URL', {
  kind: 'url',
  protocols: ['https', 'http'],
  description:
    'Key set of an issuer of JSON Web Tokens (OIDC), whose tokens are then credentials; http on loopback alone. It requires `MILLRACE_JWT_ISSUER` and `MILLRACE_JWT_AUDIENCE`.',
});

export const jwtIssuer: Setting<string | null> = engineSetting('MILLRACE_JWT_ISSUER', {
  kind: 'text',
  description: 'The claim `iss` that a token must have.',
});

export const jwtAudience: Setting<string | null> = engineSetting('MILLRACE_JWT_AUDIENCE', {
  kind: 'text',
  description: 'The claim `aud` that a token must have, or one of them.',
});

export const jwtAlgorithms: Setting<ReadonlyArray<'RS256' | 'PS256' | 'ES256' | 'EdDSA'>> = engineSetting(
  'MILLRACE_JWT_ALGORITHMS',
  {
    kind: 'list',
    choices: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    default: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    description: 'Algorithms that a token may be signed with.',
  },
);

export const jwtRolesClaim: Setting<string> = engineSetting('MILLRACE_JWT_ROLES_CLAIM', {
  kind: 'text',
  default: 'roles',
  description:
    'Claim with the roles, in a list or separated by spaces: `viewer` for every topology, `payments:approver` for one. A path has dots: `realm_access.roles`.',
});

export const jwtClockSkewMs: Setting<number> = engineSetting('MILLRACE_JWT_CLOCK_SKEW_MS', {
  kind: 'integer',
  min: 0,
  max: 300_000,
  default: 60_000,
  description: "Milliseconds that the issuer's clock may be off.",
});
