// What an import is given, and what it tells (control path): data alone, for the command line and the port.
import type { ImportChoices } from './import-onnx.ts';

/** A model that others made. */
export interface GivenFile {
  /** Name of the file, or where else it comes from, for the manifest. */
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly choices: ImportChoices;
  /** Null: of the file's name and its hash. */
  readonly version: string | null;
  /** What the model predicts, for a topology without labels; null: what the topology does. */
  readonly task: string | null;
}

/** What was registered, for people. */
export interface ModelImport {
  readonly topology: string;
  readonly version: string;
  readonly sha256: string;
  /** How the order of the features is known. */
  readonly order: string;
  /** What the score is made of. */
  readonly score: string;
  /** Examples that were compared, and the largest difference. */
  readonly examples: { readonly rows: number; readonly difference: number };
  /** Rows of the feature log that drift is measured against. */
  readonly referenceRows: number;
  readonly notices: readonly string[];
}
