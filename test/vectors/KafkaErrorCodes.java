// Prints kafka-error-codes.json from Kafka's own Java client:
//   java -cp 'tools/services/kafka/target/4.4.0/*' test/vectors/KafkaErrorCodes.java > test/vectors/kafka-error-codes.json
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

public class KafkaErrorCodes {
  public static void main(String[] args) {
    StringBuilder rows = new StringBuilder();
    for (Errors error : Errors.values()) {
      if (error == Errors.NONE) continue;
      if (rows.length() > 0) rows.append(",\n");
      boolean isRetriable = error.exception() instanceof RetriableException;
      rows.append(String.format("    [%d, \"%s\", %b]", error.code(), error.name(), isRetriable));
    }
    System.out.printf("{\n  \"kafka\": \"%s\",\n  \"codes\": [\n%s\n  ]\n}\n", "4.4.0", rows);
  }
}
