// Who runs this process (control path): the actor of what a command changes.
import { hostname, userInfo } from 'node:os';
import type { Actor } from '../../ports/audit.ts';

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a container's user has no entry in the user database
  }
}

export function operator(): Actor {
  return { actor: userName(), from: `${hostname()}, process ${process.pid}` };
}
