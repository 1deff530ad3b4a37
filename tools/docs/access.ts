/** The tables of docs/guide/security.md, from the roles and the access table. Control path. */
import { type Access, includedRoles, roles } from '../../src/core/roles.ts';
import { accessTable } from '../../src/serving/access/table.ts';
import { code, table } from './markdown.ts';

function roleText(access: Access): string {
  return access === 'open' ? 'none' : code(access);
}

function section(title: string, rows: Readonly<Record<string, Access>>): string {
  const body = Object.entries(rows).map(([name, access]) => [code(name), roleText(access)]);
  return table([title, 'role'], body);
}

/** What each role includes, then the role of each route, message and verb. */
export function accessTables(): string {
  const includes = roles.map((role) => [code(role), includedRoles[role].map(code).join(', ')]);
  const { routes, messages, verbs } = accessTable;
  const commands = Object.fromEntries(
    Object.entries(verbs).map(([name, role]) => [`millrace ${name}`, role]),
  );
  return [
    table(['role', 'includes'], includes),
    section('route', routes),
    section('WebSocket message', messages),
    section('command', commands),
  ].join('\n\n');
}
