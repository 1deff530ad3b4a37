// The words of .proto files that stand for values of descriptors (control path).
import {
  Edition,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

export const SCALARS: Readonly<Record<string, Type>> = {
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int64: Type.INT64,
  uint64: Type.UINT64,
  int32: Type.INT32,
  fixed64: Type.FIXED64,
  fixed32: Type.FIXED32,
  bool: Type.BOOL,
  string: Type.STRING,
  bytes: Type.BYTES,
  uint32: Type.UINT32,
  sfixed32: Type.SFIXED32,
  sfixed64: Type.SFIXED64,
  sint32: Type.SINT32,
  sint64: Type.SINT64,
};

export const EDITIONS: Readonly<Record<string, Edition>> = {
  2023: Edition.EDITION_2023,
  2024: Edition.EDITION_2024,
};

export const LABELS: Readonly<Record<string, Label>> = {
  required: Label.REQUIRED,
  repeated: Label.REPEATED,
  optional: Label.OPTIONAL,
};
