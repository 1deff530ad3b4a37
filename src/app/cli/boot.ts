// What a process of the command line does first (control path). Node's compile cache is enabled before the rest is
// loaded: compiling is half of what a process costs before it can take over from one that died.
import { enableCompileCache } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { muteKnownWarnings } from './known-warnings.ts';
import { projectCommand } from './project-package.ts';
import { redactOutput } from './redact-output.ts';

const OWN_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs the verb that the process's arguments name, by the millrace of the topology's project, and ends the process. */
export async function boot(): Promise<void> {
  enableCompileCache();
  const other = projectCommand(process.argv.slice(2), OWN_ROOT);
  if (other !== null) {
    await import(pathToFileURL(other).href);
    return;
  }
  muteKnownWarnings();
  redactOutput();
  const { runCommandLine } = await import('./cli.ts');
  const { program } = await import('./program.ts');
  await runCommandLine(program());
}
