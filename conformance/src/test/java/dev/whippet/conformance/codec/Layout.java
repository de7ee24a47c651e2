package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * How one decoded JSON value stands in bytes, in both directions (notation of iggy-classic.md
 * section 0). Layouts are made of smaller layouts; none of them knows product code.
 */
interface Layout {
  JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Integers above this are decimal strings in JSON (iggy-classic.md 9.1). */
  long EXACT_IN_JSON_MAX = 1L << 53;

  Layout U8 = new Unsigned(1);
  Layout U16 = new Unsigned(2);
  Layout U32 = new Unsigned(4);
  Layout U64 = new Unsigned(8);
  Layout F32 = new Float32();
  Layout BOOL = new Bool();
  Layout NAME = new Text(1, 1, false);
  Layout PSTR8 = new Text(1, 0, false);
  Layout STR32 = new Text(4, 0, false);
  Layout STR32_OR_ABSENT = new Text(4, 0, true);

  void write(JsonNode value, ByteSink out);

  JsonNode read(ByteSource in);

  /** Any value of this layout. */
  JsonNode sample(Random random);

  /** Up to four elements. */
  static ArrayNode list(Layout element, Random random) {
    ArrayNode items = JSON.arrayNode();
    for (int i = random.nextInt(5); i > 0; i--) {
      items.add(element.sample(random));
    }
    return items;
  }

  static Struct struct() {
    return new Struct();
  }

  /** An unsigned little-endian integer. */
  record Unsigned(int width) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      BigInteger number = number(value);
      if (number.signum() < 0 || number.bitLength() > 8 * width) {
        throw new MalformedFrame(number + " does not fit " + width + " bytes");
      }
      out.integer(number.longValue(), width);
    }

    @Override
    public JsonNode read(ByteSource in) {
      long value = in.integer(width);
      boolean exact = value >= 0 && value <= EXACT_IN_JSON_MAX;
      return exact ? JSON.numberNode(value) : JSON.textNode(Long.toUnsignedString(value));
    }

    static BigInteger number(JsonNode value) {
      return value.isTextual() ? new BigInteger(value.textValue()) : value.bigIntegerValue();
    }

    @Override
    public JsonNode sample(Random random) {
      ByteSink bits = new ByteSink();
      bits.u64(random.nextLong() >>> random.nextInt(64));
      return read(new ByteSource(bits.toByteArray(), 0, width));
    }
  }

  /** IEEE-754 binary32. */
  record Float32() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      out.u32(Float.floatToRawIntBits(value.floatValue()));
    }

    @Override
    public JsonNode read(ByteSource in) {
      return JSON.numberNode((double) Float.intBitsToFloat((int) in.u32()));
    }

    @Override
    public JsonNode sample(Random random) {
      return JSON.numberNode(random.nextInt(1000) / 8.0);
    }
  }

  /** One byte; any value but 0 is true. */
  record Bool() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      out.u8(value.booleanValue() ? 1 : 0);
    }

    @Override
    public JsonNode read(ByteSource in) {
      return JSON.booleanNode(in.u8() != 0);
    }

    @Override
    public JsonNode sample(Random random) {
      return JSON.booleanNode(random.nextBoolean());
    }
  }

  /** UTF-8 after a length; {@code emptyIsNull} for texts whose absence is the empty text. */
  record Text(int lengthWidth, int lengthMin, boolean emptyIsNull) implements Layout {
    private static final String ALPHABET = "abcXYZ019-_ /.\u00e9\u00df\u6f22";

    @Override
    public void write(JsonNode value, ByteSink out) {
      byte[] encoded =
          value.isNull() ? new byte[0] : value.textValue().getBytes(StandardCharsets.UTF_8);
      if (encoded.length < lengthMin || lengthWidth == 1 && encoded.length > 255) {
        throw new MalformedFrame("text of " + encoded.length + " bytes");
      }
      out.integer(encoded.length, lengthWidth);
      out.bytes(encoded);
    }

    @Override
    public JsonNode read(ByteSource in) {
      int at = in.position();
      long length = in.integer(lengthWidth);
      if (length < lengthMin) {
        throw new MalformedFrame("text of " + length + " bytes at offset " + at);
      }
      return length == 0 && emptyIsNull ? JSON.nullNode() : JSON.textNode(in.text(length));
    }

    @Override
    public JsonNode sample(Random random) {
      StringBuilder text = new StringBuilder();
      int length = Math.max(lengthMin, random.nextInt(20));
      random.ints(length, 0, ALPHABET.length()).forEach(i -> text.append(ALPHABET.charAt(i)));
      return length == 0 && emptyIsNull ? JSON.nullNode() : JSON.textNode(text.toString());
    }
  }

  /** Everything that is left, as hex. */
  record RestAsHex() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      out.bytes(HexFormat.of().parseHex(value.textValue()));
    }

    @Override
    public JsonNode read(ByteSource in) {
      return JSON.textNode(HexFormat.of().formatHex(in.bytes(in.remaining())));
    }

    @Override
    public JsonNode sample(Random random) {
      byte[] bytes = new byte[2 + random.nextInt(40)];
      random.nextBytes(bytes);
      return JSON.textNode(HexFormat.of().formatHex(bytes));
    }
  }

  /** Elements after a count. */
  record Counted(Layout count, Layout element) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      count.write(JSON.numberNode(value.size()), out);
      value.forEach(item -> element.write(item, out));
    }

    @Override
    public JsonNode read(ByteSource in) {
      long expected = count.read(in).longValue();
      ArrayNode items = JSON.arrayNode();
      for (long i = 0; i < expected; i++) {
        items.add(element.read(in));
      }
      return items;
    }

    @Override
    public JsonNode sample(Random random) {
      return list(element, random);
    }
  }

  /** Elements up to the end of the payload. */
  record UntilEnd(Layout element) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      value.forEach(item -> element.write(item, out));
    }

    @Override
    public JsonNode read(ByteSource in) {
      ArrayNode items = JSON.arrayNode();
      while (in.remaining() > 0) {
        items.add(element.read(in));
      }
      return items;
    }

    @Override
    public JsonNode sample(Random random) {
      return list(element, random);
    }
  }

  /** A flag, then the value when the flag is 1; {@code null} otherwise. */
  record Flagged(Layout content) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      out.u8(value.isNull() ? 0 : 1);
      if (!value.isNull()) {
        content.write(value, out);
      }
    }

    @Override
    public JsonNode read(ByteSource in) {
      return in.u8() == 1 ? content.read(in) : JSON.nullNode();
    }

    @Override
    public JsonNode sample(Random random) {
      return random.nextBoolean() ? content.sample(random) : JSON.nullNode();
    }
  }

  /** A u32 byte count, then content of exactly that many bytes. */
  record Sized(Layout content) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      ByteSink inner = new ByteSink();
      content.write(value, inner);
      out.u32(inner.size());
      out.bytes(inner.toByteArray());
    }

    @Override
    public JsonNode read(ByteSource in) {
      ByteSource inner = new ByteSource(in.bytes(in.u32()));
      JsonNode value = content.read(inner);
      if (inner.remaining() > 0) {
        throw new MalformedFrame(inner.remaining() + " bytes too many in a sized block");
      }
      return value;
    }

    @Override
    public JsonNode sample(Random random) {
      return content.sample(random);
    }
  }

  /** A number whose values have names; {@code names[i]} stands for {@code i + 1}. */
  record Named(String... names) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      int index = Arrays.asList(names).indexOf(value.textValue());
      if (index < 0) {
        throw new MalformedFrame("unknown name " + value);
      }
      out.u8(index + 1);
    }

    @Override
    public JsonNode read(ByteSource in) {
      int kind = in.u8();
      if (kind < 1 || kind > names.length) {
        throw new MalformedFrame("unknown kind " + kind);
      }
      return JSON.textNode(names[kind - 1]);
    }

    @Override
    public JsonNode sample(Random random) {
      return JSON.textNode(names[random.nextInt(names.length)]);
    }
  }

  /** Members in wire order. */
  final class Struct implements Layout {
    private record Member(String name, Layout layout) {}

    private final List<Member> members = new ArrayList<>();

    Struct with(String name, Layout layout) {
      members.add(new Member(name, layout));
      return this;
    }

    Struct with(Struct other) {
      members.addAll(other.members);
      return this;
    }

    Struct u8(String... names) {
      return all(U8, names);
    }

    Struct u16(String... names) {
      return all(U16, names);
    }

    Struct u32(String... names) {
      return all(U32, names);
    }

    Struct u64(String... names) {
      return all(U64, names);
    }

    Struct flags(String... names) {
      return all(BOOL, names);
    }

    private Struct all(Layout layout, String... names) {
      for (String name : names) {
        with(name, layout);
      }
      return this;
    }

    @Override
    public void write(JsonNode value, ByteSink out) {
      for (Member member : members) {
        if (!value.has(member.name)) {
          throw new MalformedFrame("member " + member.name + " is missing");
        }
        member.layout.write(value.get(member.name), out);
      }
    }

    @Override
    public ObjectNode read(ByteSource in) {
      ObjectNode result = JSON.objectNode();
      for (Member member : members) {
        result.set(member.name, member.layout.read(in));
      }
      return result;
    }

    @Override
    public ObjectNode sample(Random random) {
      ObjectNode result = JSON.objectNode();
      for (Member member : members) {
        result.set(member.name, member.layout.sample(random));
      }
      return result;
    }
  }
}
