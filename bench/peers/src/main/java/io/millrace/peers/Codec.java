package io.millrace.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;

/** Framed payments in, predictions out, with Avro's generated classes; everything is used again. One for each thread. */
final class Codec {
  private static final int FRAME_BYTES = 5;
  private final SpecificDatumReader<Payment> reader = new SpecificDatumReader<>(Payment.class);
  private final SpecificDatumWriter<Prediction> writer = new SpecificDatumWriter<>(Prediction.class);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
  private BinaryDecoder decoder;
  private BinaryEncoder encoder;

  Payment read(byte[] value) {
    if (value[0] != 0) throw new IllegalArgumentException("the record is not framed by a schema registry");
    try {
      decoder = DecoderFactory.get().binaryDecoder(value, FRAME_BYTES, value.length - FRAME_BYTES, decoder);
      return reader.read(null, decoder);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  byte[] write(Prediction prediction) {
    try {
      bytes.reset();
      encoder = EncoderFactory.get().directBinaryEncoder(bytes, encoder);
      writer.write(prediction, encoder);
      encoder.flush();
      return bytes.toByteArray();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  static byte[] key(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }
}
