// The entry of the demo's commands (control path).
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runCommandLine } = await import('../src/app/cli/cli.ts');
const { demoProgram } = await import('./program.ts');
await runCommandLine(demoProgram());
