// Runs one command line (control path): exits with 0 on success, else with 1 and `millrace: CODE: message` on stderr.
import { type Command, CommanderError } from 'commander';
import { MillraceError } from '../../core/errors.ts';

function exitCode(error: unknown): number {
  // Help and the version are not failures. commander has printed its own errors.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof MillraceError) process.stderr.write(`millrace: ${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

/** Parses the arguments of the process, runs the command that they name and exits. */
export async function runCommandLine(program: Command): Promise<never> {
  let code = 0;
  try {
    await program.parseAsync();
  } catch (error) {
    code = exitCode(error);
  }
  process.exit(code);
}
