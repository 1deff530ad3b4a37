// Resident memory of a process group (control path).
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const KIB = 1_024;

/** Bytes of all processes of the group; pages that they share count for each. 0 if the system does not say. */
export function residentBytes(group: number): number {
  return process.platform === 'linux' ? fromProc(group) : fromPs(group);
}

function fromProc(group: number): number {
  let bytes = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name of the command, in parentheses, may have any character: state, parent and group follow it.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(processGroup) !== group) continue;
      const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${name}/status`, 'latin1'));
      bytes += Number(resident?.[1] ?? 0) * KIB;
    } catch {
      // It has ended meanwhile.
    }
  }
  return bytes;
}

function fromPs(group: number): number {
  try {
    const lines = execFileSync('ps', ['-A', '-o', 'pgid=,rss='], { encoding: 'utf8' }).split('\n');
    return lines.reduce((bytes, line) => {
      const [processGroup, kib] = line.trim().split(/\s+/).map(Number);
      return processGroup === group ? bytes + (kib ?? 0) * KIB : bytes;
    }, 0);
  } catch {
    return 0;
  }
}
