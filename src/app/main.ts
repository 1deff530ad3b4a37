#!/usr/bin/env -S node --disable-warning=TimeoutNegativeWarning
// The entry of the command line (control path). What Node compiles is kept in the system's folder for temporary files
// before the rest is loaded: half of what a process costs before it can take over from one that died.
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./cli.ts');
