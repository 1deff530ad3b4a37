// Every kind of world. A new one is one file and one line here.
import type { Kind } from './kind.ts';
import { plain } from './plain.ts';

export const kinds: readonly Kind[] = [plain];
