// What a process of the command line does first (control path). Node's compile cache is enabled before the rest is
// loaded: compiling is half of what a process costs before it can take over from one that died.
import { enableCompileCache } from 'node:module';
import { muteKnownWarnings } from './known-warnings.ts';

/** Runs the verb that the process's arguments name, and ends the process. */
export async function boot(): Promise<never> {
  enableCompileCache();
  muteKnownWarnings();
  const { runCommandLine } = await import('./cli.ts');
  const { program } = await import('./program.ts');
  return runCommandLine(program());
}
