// Runs one command line (control path): exits with 0 on success, else with 1 after `millrace: CODE: message` on stderr.
import { type Command, CommanderError } from 'commander';
import { MillraceError } from '../../core/errors.ts';

function exitCode(error: unknown): number {
  // Help and the version are no failures; commander has printed whatever else it ends on.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof MillraceError) process.stderr.write(`millrace: ${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

/** Parses the process's arguments, runs the command they name and ends the process. */
export async function runCommandLine(program: Command): Promise<never> {
  let code = 0;
  try {
    await program.parseAsync();
  } catch (error) {
    code = exitCode(error);
  }
  process.exit(code);
}
