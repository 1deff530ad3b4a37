// What the commands on models say of a version whose files are damaged (control path).
import type { MillraceError } from '../../../core/errors.ts';

export function reportDamaged({ code, message }: MillraceError): void {
  process.stderr.write(`millrace: ${code}: ${message}\n`);
}
