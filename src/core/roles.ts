// Roles (control path): what a caller of the port may do. A role is granted for a topology or for all of them.

/** In the order of the documentation. */
export const roles = ['viewer', 'subscriber', 'producer', 'operator', 'approver', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What a route, a message or a verb requires: a role, or nothing (`open`). */
export type Access = Role | 'open';

/**
 * The roles that a role includes besides itself. Those who act on an engine see it as well. Approvers do not operate and
 * operators do not approve, so that a change of the model can need two people.
 */
export const includedRoles: Readonly<Record<Role, readonly Role[]>> = {
  viewer: [],
  subscriber: [],
  producer: [],
  operator: ['viewer'],
  approver: ['viewer'],
  admin: ['viewer', 'subscriber', 'producer', 'operator', 'approver'],
};

export function isRole(text: unknown): text is Role {
  return roles.some((role) => role === text);
}

/** Whether a holder of `role` may do what requires `needed`. */
export function roleIncludes(role: Role, needed: Access): boolean {
  return needed === 'open' || role === needed || includedRoles[role].includes(needed);
}
