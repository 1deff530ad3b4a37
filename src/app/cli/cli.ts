// Runs one command line (control path): exits with 0 on success, else with 1 and `millrace: CODE: message` on stderr.
import { type Command, CommanderError } from 'commander';
import { MillraceError } from '../../core/errors.ts';
import { faultKind } from '../../core/faults.ts';
import { reportFault } from '../workers/supervised.ts';

async function exitCode(error: unknown): Promise<number> {
  // Help and the version are not failures. commander has printed its own errors.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof MillraceError) process.stderr.write(`millrace: ${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (faultKind(error) !== 'environment') await reportFault(error);
  return 1;
}

/** Parses the arguments of the process, runs the command that they name and exits. */
export async function runCommandLine(program: Command): Promise<never> {
  let code = 0;
  try {
    await program.parseAsync();
  } catch (error) {
    code = await exitCode(error);
  }
  process.exit(code);
}
