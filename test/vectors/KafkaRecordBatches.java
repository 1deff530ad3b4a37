// Prints kafka-record-batches.json from Kafka's own Java client: the same records in each codec, in the formats of messages
// that brokers may still hold (magic 0 and 1: before 0.10 and 0.11), and in today's.
//   java -cp 'tools/services/kafka/target/4.1.0/*' test/vectors/KafkaRecordBatches.java > test/vectors/kafka-record-batches.json
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.TimestampType;

public class KafkaRecordBatches {
  static final int RECORDS = 120;
  static final long BASE_OFFSET = 7;
  static final long BASE_MS = 1_700_000_000_000L;

  public static void main(String[] args) {
    StringBuilder rows = new StringBuilder();
    for (byte magic = 0; magic <= 2; magic++) {
      for (CompressionType type : CompressionType.values()) {
        if (type == CompressionType.ZSTD && magic < 2) continue;
        // Old lz4 frames have a header checksum that Kafka computed wrongly (KAFKA-3160).
        if (type == CompressionType.LZ4 && magic == 0) continue;
        if (rows.length() > 0) rows.append(",\n");
        rows.append(String.format("    {\"magic\": %d, \"codec\": \"%s\", \"bytes\": \"%s\"}",
            magic, type.name, Base64.getEncoder().encodeToString(batch(magic, type))));
      }
    }
    System.out.printf(
        "{\n  \"kafka\": \"4.1.0\",\n  \"baseOffset\": %d,\n  \"baseMs\": %d,\n  \"count\": %d,\n  \"batches\": [\n%s\n  ]\n}\n",
        BASE_OFFSET, BASE_MS, RECORDS, rows);
  }

  /** Record i: key "key-(i mod 7)", null for i = 3; value `{"i":i,"text":"..."}`, null for i = 5; BASE_MS + i. */
  static byte[] batch(byte magic, CompressionType type) {
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1 << 16), magic,
        Compression.of(type).build(), TimestampType.CREATE_TIME, BASE_OFFSET);
    for (int i = 0; i < RECORDS; i++) {
      byte[] key = i == 3 ? null : utf8("key-" + i % 7);
      byte[] value = i == 5 ? null : utf8("{\"i\":" + i + ",\"text\":\"" + "abc".repeat(i % 11) + "\"}");
      builder.append(magic == 0 ? -1 : BASE_MS + i, key, value);
    }
    ByteBuffer bytes = builder.build().buffer().duplicate();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
