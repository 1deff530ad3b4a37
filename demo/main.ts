// The entry of the demo's commands (control path).
import { enableCompileCache } from 'node:module';
import { muteKnownWarnings } from '../src/app/cli/known-warnings.ts';

enableCompileCache();
muteKnownWarnings();
const { runCommandLine } = await import('../src/app/cli/cli.ts');
const { demoProgram } = await import('./program.ts');
await runCommandLine(demoProgram());
