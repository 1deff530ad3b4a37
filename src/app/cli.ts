// The command line (control path): ends the process with 0 where all went well, else 1 with `millrace: CODE: message` on
// stderr.
import { CommanderError } from 'commander';
import { MillraceError } from '../core/errors.ts';
import { program } from './program.ts';

function failed(error: unknown): number {
  // Help and the version are no failures; what else commander ends on it has told already.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof MillraceError) process.stderr.write(`millrace: ${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

let code = 0;
try {
  await program().parseAsync();
} catch (error) {
  code = failed(error);
}
process.exit(code);
