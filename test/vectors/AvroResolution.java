// Prints avro-resolution.json: what Apache Avro's Java reader makes of records whose writer has another schema than the reader.
//   mvn -q -f test/vectors/avro-pom.xml dependency:copy-dependencies -DoutputDirectory=/tmp/avro-java
//   java -cp '/tmp/avro-java/*' test/vectors/AvroResolution.java > test/vectors/avro-resolution.json
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

public class AvroResolution {
  static final ObjectMapper JSON = new ObjectMapper();

  /** Types of a field as writers have them. `E` is an enum, in several versions. */
  static final String[] WRITERS = {
    "'null'", "'boolean'", "'int'", "'long'", "'float'", "'double'", "'string'", "'bytes'",
    "{'type':'fixed','name':'F','size':2}",
    "{'type':'enum','name':'E','symbols':['A','B']}",
    "{'type':'enum','name':'E','symbols':['B','C','A']}",
    "{'type':'enum','name':'E','namespace':'other.space','symbols':['A','B']}",
    "{'type':'enum','name':'E','namespace':'other.space','symbols':['B','C','A']}",
    "{'type':'enum','name':'Other','symbols':['A','B']}",
    "{'type':'enum','name':'Before','symbols':['A','C']}",
    "['null','boolean']", "['int','null']", "['null','long']", "['null','float']", "['double','null']", "['null','string']",
    "['string','null']", "['null','bytes']", "['null']", "['int']",
    "['null','int','string']", "['string','long','double','boolean']", "['null','float','double']",
    "['null',{'type':'enum','name':'E','symbols':['A','B']}]",
    "[{'type':'enum','name':'E','symbols':['A','B']},'null']",
    "['null',{'type':'enum','name':'E','symbols':['A','B','C']}]",
    "['null',{'type':'enum','name':'E','namespace':'other.space','symbols':['A','B']}]",
    "['null',{'type':'enum','name':'E','namespace':'other.space','symbols':['A','B','C']}]",
    "['null','string',{'type':'enum','name':'E','symbols':['A','C']}]",
    "{'type':'array','items':'int'}", "{'type':'map','values':'string'}",
    "{'type':'record','name':'N','fields':[{'name':'x','type':'int'}]}",
    "['null',{'type':'record','name':'N','fields':[{'name':'x','type':'int'},{'name':'more','type':'string'}]}]",
    "[{'type':'record','name':'N','fields':[{'name':'x','type':'int'}]},{'type':'record','name':'M','fields':[{'name':'x','type':'string'}]},{'type':'record','name':'P','fields':[{'name':'y','type':'int'}]}]",
  };

  /** Types of a field that a topology can have. */
  static final String[] READERS = {
    "'null'", "'boolean'", "'int'", "'long'", "'float'", "'double'", "'string'",
    "{'type':'enum','name':'E','symbols':['A','B']}",
    "{'type':'enum','name':'E','symbols':['A','B'],'default':'B'}",
    "{'type':'enum','name':'E','symbols':['A','B'],'aliases':['Before','other.space.E']}",
    "['null','boolean']", "['int','null']", "['null','long']", "['long','null']", "['null','float']", "['null','double']",
    "['null','string']", "['string','null']",
    "['null',{'type':'enum','name':'E','symbols':['A','B']}]",
    "[{'type':'enum','name':'E','symbols':['A','B'],'default':'A'},'null']",
    "{'type':'record','name':'N','fields':[{'name':'x','type':'double'}]}",
    "{'type':'record','name':'Q','namespace':'q','fields':[{'name':'x','type':'long'},{'name':'y','type':['null','int'],'default':null}]}",
  };

  /** Whole records: a writer, a reader, and values in Avro's JSON encoding by the writer's schema. */
  static final String[][] RECORDS = {
    {"{'type':'record','name':'R','namespace':'a','fields':[{'name':'i','type':'int'},{'name':'s','type':'string'}]}",
     "{'type':'record','name':'Else','namespace':'b','fields':[{'name':'s','type':'string'},{'name':'i','type':'long'}]}",
     "{'i':1,'s':'x'}", "{'i':-2147483648,'s':''}"},
    {"{'type':'record','name':'R','fields':[{'name':'i','type':'int'}]}",
     "{'type':'record','name':'R','fields':[{'name':'i','type':'int'},{'name':'s','type':'string'}]}", "{'i':1}"},
    {"{'type':'record','name':'R','fields':[{'name':'i','type':'int'}]}",
     "{'type':'record','name':'R','fields':[{'name':'i','type':'int'},{'name':'b','type':'boolean','default':true},{'name':'l','type':'long','default':12},{'name':'f','type':'float','default':0.1},{'name':'d','type':'double','default':-2.5},{'name':'t','type':'string','default':'text'},{'name':'e','type':{'type':'enum','name':'E','symbols':['A','B']},'default':'B'},{'name':'n','type':['null','string'],'default':null},{'name':'m','type':['string','null'],'default':'there'},{'name':'o','type':['null','long'],'default':7},{'name':'q','type':['long','null'],'default':null}]}",
     "{'i':1}"},
    {"{'type':'record','name':'R','fields':[{'name':'i','type':'int'}]}",
     "{'type':'record','name':'R','fields':[{'name':'i','type':'int'},{'name':'r','type':{'type':'record','name':'S','fields':[{'name':'a','type':'int','default':5},{'name':'b','type':'string','default':'own'}]},'default':{'b':'given'}}]}",
     "{'i':1}"},
    {"{'type':'record','name':'Old','namespace':'a','fields':[{'name':'was','type':'int'},{'name':'also','type':'string'}]}",
     "{'type':'record','name':'R','namespace':'a','aliases':['Old'],'fields':[{'name':'now','aliases':['was'],'type':'int'},{'name':'text','aliases':['none','also'],'type':'string'}]}",
     "{'was':1,'also':'x'}"},
    {"{'type':'record','name':'Old','namespace':'b','fields':[{'name':'was','type':'int'}]}",
     "{'type':'record','name':'R','namespace':'a','aliases':['b.Old'],'fields':[{'name':'now','aliases':['was'],'type':'int'}]}",
     "{'was':1}"},
    {"{'type':'record','name':'R','namespace':'b','fields':[{'name':'was','type':'int'}]}",
     "{'type':'record','name':'R','namespace':'a','fields':[{'name':'now','aliases':['was'],'type':'int'}]}",
     "{'was':1}"},
    {"{'type':'record','name':'R','namespace':'b','fields':[{'name':'was','type':'int'}]}",
     "{'type':'record','name':'R','namespace':'a','fields':[{'name':'now','aliases':['was'],'type':'int','default':9}]}",
     "{'was':1}"},
    {"{'type':'record','name':'R','fields':[{'name':'in','type':{'type':'record','name':'Old','fields':[{'name':'was','type':'int'}]}}]}",
     "{'type':'record','name':'R','fields':[{'name':'in','type':{'type':'record','name':'New','aliases':['Old'],'fields':[{'name':'now','aliases':['was'],'type':'double'}]}}]}",
     "{'in':{'was':4}}"},
    {"{'type':'record','name':'R','fields':[{'name':'skip','type':{'type':'map','values':{'type':'array','items':['null','string',{'type':'record','name':'Deep','fields':[{'name':'next','type':['null','Deep']},{'name':'v','type':'double'},{'name':'h','type':{'type':'fixed','name':'H','size':3}},{'name':'e','type':{'type':'enum','name':'E','symbols':['A','B']}}]}]}}},{'name':'i','type':'int'},{'name':'tail','type':{'type':'array','items':'null'}}]}",
     "{'type':'record','name':'R','fields':[{'name':'i','type':'int'}]}",
     "{'skip':{},'i':1,'tail':[]}",
     "{'skip':{'a':[null,{'string':'s'},{'Deep':{'next':{'Deep':{'next':null,'v':1,'h':'abc','e':'A'}},'v':2,'h':'def','e':'B'}}],'b':[]},'i':2,'tail':[null,null,null]}"},
    {"{'type':'record','name':'R','fields':[{'name':'e','type':{'type':'enum','name':'E','namespace':'x','symbols':['A','B','NEW']}},{'name':'n','type':['null',{'type':'record','name':'In','namespace':'x','fields':[{'name':'v','type':['null','int']},{'name':'e','type':'E'}]}]}]}",
     "{'type':'record','name':'R','fields':[{'name':'e','type':{'type':'enum','name':'E','symbols':['B','A']}},{'name':'n','type':{'type':'record','name':'In','fields':[{'name':'v','type':'long'}]}}]}",
     "{'e':'A','n':{'x.In':{'v':{'int':1},'e':'NEW'}}}", "{'e':'B','n':null}", "{'e':'NEW','n':{'x.In':{'v':{'int':1},'e':'A'}}}", "{'e':'B','n':{'x.In':{'v':null,'e':'A'}}}"},
    {"['null',{'type':'record','name':'R','fields':[{'name':'i','type':'int'}]},{'type':'record','name':'T','fields':[{'name':'i','type':'string'}]}]",
     "{'type':'record','name':'R','fields':[{'name':'i','type':'long'}]}",
     "null", "{'R':{'i':3}}", "{'T':{'i':'x'}}"},
    {"'int'", "{'type':'record','name':'R','fields':[{'name':'i','type':'long'}]}", "5"},
    {"{'type':'record','name':'R','fields':[{'name':'at','type':{'type':'long','logicalType':'no-such'}},{'name':'d','type':{'type':'bytes','logicalType':'decimal','precision':4}}]}",
     "{'type':'record','name':'R','fields':[{'name':'at','type':'long'}]}", "{'at':5,'d':'x'}"},
    {"{'type':'record','name':'R','fields':[{'name':'b','type':'bytes'},{'name':'i','type':'int'}]}",
     "{'type':'record','name':'R','fields':[{'name':'b','type':['null','string']},{'name':'i','type':['null','double']}]}", "{'b':'ab','i':7}"},
  };

  static Schema parse(String text) {
    Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION);
    parser.setValidateDefaults(false);
    return parser.parse(text.replace('\'', '"'));
  }

  static Schema recordOf(String field) {
    return parse("{'type':'record','name':'R','fields':[{'name':'f','type':" + field + "}]}");
  }

  /** Values of every kind that a type has. */
  static List<Object> valuesOf(Schema type) {
    switch (type.getType()) {
      case NULL: return new ArrayList<>(Arrays.asList((Object) null));
      case BOOLEAN: return List.of(true, false);
      case INT: return List.of(0, -1, 2147483647, -2147483648, 16777217);
      case LONG: return List.of(0L, -1L, 1704067201000L, 9007199254740991L, -9007199254740991L, 33554435L);
      case FLOAT: return List.of(0f, 0.1f, -1.5f, Float.MAX_VALUE, Float.POSITIVE_INFINITY);
      case DOUBLE: return List.of(0d, 0.1, -1e300, Double.NEGATIVE_INFINITY);
      case STRING: return List.of("", "A", "text", "zo\u00eb");
      case BYTES: return List.of(ByteBuffer.wrap(new byte[] {}), ByteBuffer.wrap("zo\u00eb".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      case FIXED: return List.of(new GenericData.Fixed(type, new byte[] {1, 2}));
      case ENUM: {
        List<Object> symbols = new ArrayList<>();
        for (String symbol : type.getEnumSymbols()) symbols.add(new GenericData.EnumSymbol(type, symbol));
        return symbols;
      }
      case ARRAY: return List.of(List.of(), List.of(1, 2));
      case MAP: return List.of(java.util.Map.of(), java.util.Map.of("k", "v"));
      case UNION: {
        List<Object> all = new ArrayList<>();
        for (Schema branch : type.getTypes()) all.addAll(valuesOf(branch));
        return all;
      }
      case RECORD: {
        GenericRecord record = new GenericData.Record(type);
        for (Schema.Field field : type.getFields()) record.put(field.name(), valuesOf(field.schema()).get(1));
        return List.of(record);
      }
      default: throw new IllegalStateException();
    }
  }

  static byte[] write(Schema schema, Object value) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<Object>(schema).write(value, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) text.append(String.format("%02x", b));
    return text.toString();
  }

  /** Columns by dotted name; false for a record that cannot be read. Infinities are text, booleans 0 or 1. */
  static JsonNode read(Schema writer, Schema reader, byte[] bytes) {
    try {
      Object value = new GenericDatumReader<Object>(writer, reader).read(null, DecoderFactory.get().binaryDecoder(bytes, null));
      ObjectNode columns = JSON.createObjectNode();
      flatten("", value, columns);
      return columns;
    } catch (Exception error) {
      return JSON.getNodeFactory().booleanNode(false);
    }
  }

  static void flatten(String path, Object value, ObjectNode into) {
    if (value instanceof GenericRecord) {
      GenericRecord record = (GenericRecord) value;
      for (Schema.Field field : record.getSchema().getFields())
        flatten(path.isEmpty() ? field.name() : path + "." + field.name(), record.get(field.name()), into);
    } else if (value == null) into.putNull(path);
    else if (value instanceof Boolean) into.put(path, (Boolean) value ? 1 : 0);
    else if (value instanceof Number) {
      double number = ((Number) value).doubleValue();
      if (Double.isInfinite(number)) into.put(path, number > 0 ? "Infinity" : "-Infinity");
      else into.put(path, number);
    } else into.put(path, value.toString());
  }

  public static void main(String[] args) throws Exception {
    StringBuilder rows = new StringBuilder();
    for (String writerField : WRITERS) {
      Schema writer = recordOf(writerField);
      Schema field = writer.getFields().get(0).schema();
      List<byte[]> records = new ArrayList<>();
      for (Object value : valuesOf(field)) {
        GenericRecord record = new GenericData.Record(writer);
        record.put("f", value);
        records.add(write(writer, record));
      }
      for (String readerField : READERS) add(rows, writer, recordOf(readerField), records);
    }
    for (String[] row : RECORDS) {
      Schema writer = parse(row[0]);
      List<byte[]> records = new ArrayList<>();
      for (int i = 2; i < row.length; i++) {
        Object value = new GenericDatumReader<Object>(writer).read(null, DecoderFactory.get().jsonDecoder(writer, row[i].replace('\'', '"')));
        records.add(write(writer, value));
      }
      add(rows, writer, parse(row[1]), records);
    }
    System.out.print("{\n\"avro\": \"" + Schema.class.getPackage().getImplementationVersion() + "\",\n\"cases\": [\n" + rows + "\n]}\n");
  }

  static void add(StringBuilder rows, Schema writer, Schema reader, List<byte[]> records) throws Exception {
    ArrayNode made = JSON.createArrayNode();
    for (byte[] bytes : records) {
      ArrayNode one = made.addArray();
      one.add(hex(bytes));
      one.add(read(writer, reader, bytes));
    }
    if (rows.length() > 0) rows.append(",\n");
    ArrayNode row = JSON.createArrayNode();
    row.add(JSON.readTree(writer.toString()));
    row.add(JSON.readTree(reader.toString()));
    row.add(made);
    rows.append(JSON.writeValueAsString(row));
  }
}
