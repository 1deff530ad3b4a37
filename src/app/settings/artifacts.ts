// Settings of where large models are (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: they are in a topic of the log. */
export const artifactPlace: Setting<string | null> = engineSetting('MILLRACE_ARTIFACTS', {
  kind: 'path',
  protocols: ['s3'],
  description:
    'Where models are that are too large for a record of the log: a folder that all machines of the fleet share, or `s3://bucket/prefix` for storage with the API of S3; its client is installed with `npm install @aws-sdk/client-s3`. Without it they are in the topic `<topology>.artifacts`, in chunks.',
});

export const artifactKeptHours: Setting<number> = engineSetting('MILLRACE_ARTIFACTS_KEPT_HOURS', {
  kind: 'integer',
  min: 0,
  max: 87_600,
  default: 24,
  description:
    'Hours after which engines remove an artifact that no model update names. 0: only `millrace models gc` removes any, as where fleets of several Kafka clusters share a place.',
});

/** Null: that of AWS. */
export const s3Endpoint: Setting<string | null> = engineSetting('MILLRACE_S3_ENDPOINT', {
  kind: 'url',
  protocols: ['http', 'https'],
  description: 'Server of an `s3://` place that is not AWS: MinIO, Ceph, Garage, SeaweedFS, R2 and others.',
});

/** Null: AWS_REGION, or that of the profile; us-east-1 with an endpoint. */
export const s3Region: Setting<string | null> = engineSetting('MILLRACE_S3_REGION', {
  kind: 'text',
  description:
    'Region of the bucket. Without it that of `AWS_REGION` or of the AWS profile, and `us-east-1` with `MILLRACE_S3_ENDPOINT`.',
});

/** Null: path with an endpoint, host without. */
export const s3Addressing: Setting<'path' | 'host' | null> = engineSetting('MILLRACE_S3_ADDRESSING', {
  kind: 'choice',
  choices: ['path', 'host'],
  description:
    'Where the bucket is in the URLs of requests: in the `path`, which is the default with `MILLRACE_S3_ENDPOINT`, or in the name of the `host`, which is the default without.',
});

/** Null: the credentials are found as any client of AWS finds them. */
export const s3AccessKeyId: Setting<string | null> = engineSetting('MILLRACE_S3_ACCESS_KEY_ID', {
  kind: 'text',
  secret: true,
  description:
    'Access key at S3. Without it credentials are those of `AWS_ACCESS_KEY_ID`, an AWS profile, a web identity, or the role of the container or machine.',
});

export const s3SecretAccessKey: Setting<string | null> = engineSetting('MILLRACE_S3_SECRET_ACCESS_KEY', {
  kind: 'text',
  secret: true,
  description: 'Secret of `MILLRACE_S3_ACCESS_KEY_ID`.',
});

export const s3SessionToken: Setting<string | null> = engineSetting('MILLRACE_S3_SESSION_TOKEN', {
  kind: 'text',
  secret: true,
  description: 'Session token of `MILLRACE_S3_ACCESS_KEY_ID`, if the key is temporary.',
});
