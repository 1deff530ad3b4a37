// What an identity may do (control path).
import { type Access, type Role, roleIncludes } from '../../core/roles.ts';
import type { Actor } from '../../ports/audit.ts';
import type { Caller, Identity } from '../../ports/identity.ts';

/** Name of callers without a credential. */
export const ANONYMOUS = 'anonymous';

/** A role for a topology is one for its targets, which are called `payments.amount`. */
function covers(granted: string, topology: string): boolean {
  return granted === '*' || granted === topology || topology.startsWith(`${granted}.`);
}

/** Whether an identity may do what requires `needed` to a topology, or to a target of one. */
export function mayDo({ grants }: Identity, needed: Access, topology: string): boolean {
  if (needed === 'open') return true;
  return grants.some((grant) => covers(grant.topology, topology) && roleIncludes(grant.role, needed));
}

/** Callers without a credential, with these roles for every topology. */
export function anonymousWith(roles: () => readonly Role[]): Identity {
  return {
    kind: 'anonymous',
    name: ANONYMOUS,
    get grants() {
      return roles().map((role) => ({ role, topology: '*' }));
    },
    holds: () => true,
  };
}

/** @param topology the one that runs here */
export function callerOf(identity: Identity, address: string | null, topology: string): Caller {
  return {
    name: identity.name,
    address,
    may: (needed, other = topology) => mayDo(identity, needed, other),
  };
}

/** A caller as the audit log has it. */
export function actorOf({ name, address }: Caller): Actor {
  return { actor: name, from: address ?? 'unknown address' };
}
