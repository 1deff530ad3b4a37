#!/usr/bin/env -S node --disable-warning=TimeoutNegativeWarning
// The entry of the command line (control path). Node's compile cache is enabled before the rest is loaded: compiling is
// half of what a process costs before it can take over from one that died.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runCommandLine } = await import('./cli/cli.ts');
const { program } = await import('./cli/program.ts');
await runCommandLine(program());
