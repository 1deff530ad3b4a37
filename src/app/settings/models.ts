// Settings of who may make models (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: commands name it. */
export const mlflowUrl: Setting<string | null> = engineSetting('MILLRACE_MLFLOW_URL', {
  kind: 'url',
  protocols: ['http', 'https'],
  description:
    '`http://user:password@host:5000`: the MLflow server of `millrace models import models:/NAME/VERSION` and `millrace models export`.',
});

export const mlflowToken: Setting<string | null> = engineSetting('MILLRACE_MLFLOW_TOKEN', {
  kind: 'text',
  secret: true,
  description: 'Bearer token at the MLflow server, instead of a user and a password in its URL.',
});

/** Null: models need no signature. */
export const modelKeys: Setting<readonly string[] | null> = engineSetting('MILLRACE_MODEL_KEYS', {
  kind: 'list',
  description:
    'Public Ed25519 keys that models must be signed with, one of them each: files with PEM, or PEM itself. Several while keys are rotated. Without it, models need no signature.',
});

export const modelSigningKey: Setting<string | null> = engineSetting('MILLRACE_MODEL_SIGNING_KEY', {
  kind: 'text',
  secret: true,
  description:
    'Private Ed25519 key, PEM, that engines sign the models with that they train, and `millrace models sign` a version.',
});
